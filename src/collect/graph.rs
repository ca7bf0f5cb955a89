//! Derives from the declarations of the tasks: the first tasks, the follow-ups of a row, the resources that a resource
//! depends on, and the scopes that stay unseen when a listing fails.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::collector::{Asked, ForEach, In, Shows};
use super::context::Context;
use super::task::{COLLECTORS, CollectorSpec, Task};
use crate::aws::Operation;
use crate::model::{Entity, ResourceSpec, Row, Scope};

/// The operations sent before the first task, to identify the census.
pub(super) const PREFLIGHT: [Operation; 3] =
    [Operation::GetCallerIdentity, Operation::DescribeOrganization, Operation::ListInstances];

/// Returns the tasks that a collection begins with.
pub(super) fn first_tasks() -> impl Iterator<Item = Task> {
    COLLECTORS.iter().filter_map(|spec| (spec.once)())
}

/// Returns the kinds of task that are asked for each row of a resource.
pub(super) fn asked_for_each(resource: &str) -> &'static [&'static CollectorSpec] {
    static BY_RESOURCE: LazyLock<HashMap<&str, Vec<&CollectorSpec>>> = LazyLock::new(|| {
        let mut by_resource: HashMap<&str, Vec<&CollectorSpec>> = HashMap::new();
        for spec in COLLECTORS {
            for resource in spec.for_each.resources() {
                by_resource.entry(resource.name).or_default().push(spec);
            }
        }
        by_resource
    });
    BY_RESOURCE.get(resource).map_or(&[], Vec::as_slice)
}

/// Returns the tasks that the rows of a task's page give rise to.
pub(super) fn follow_ups(task: &Task, rows: &[Row], context: &Context) -> Vec<Task> {
    if !task.spec().finds_rows() {
        return Vec::new();
    }
    let mut tasks = Vec::new();
    for row in rows {
        let asked = asked_for_each(row.resource).iter().filter(|spec| spec.asked == Asked::AsListed);
        tasks.extend(asked.flat_map(|spec| (spec.of)(row, context)));
    }
    tasks
}

/// Returns the kinds of task that are asked where the answer of this operation is not sufficient.
pub(super) fn instead_of(operation: Operation) -> impl Iterator<Item = &'static CollectorSpec> {
    let is_instead =
        move |spec: &&CollectorSpec| matches!(spec.asked, Asked::Instead { of, .. } if of == operation);
    COLLECTORS.iter().filter(is_instead)
}

/// Returns the resources that a resource cannot be collected without.
pub(super) fn needs(resource: &str) -> BTreeSet<&'static str> {
    let needed = |spec: &CollectorSpec| {
        let for_each = match spec.for_each {
            ForEach::All(resources) => resources,
            ForEach::Once | ForEach::Any(_) | ForEach::Where(_) => &[],
        };
        for_each.iter().chain(spec.rests_on).map(|resource| resource.name)
    };
    of_resource(resource).flat_map(needed).filter(|needed| *needed != resource).collect()
}

/// Returns the resources of which any one is enough to collect a resource; none if it does not depend on any.
pub(super) fn hangs_on(resource: &str) -> BTreeSet<&'static str> {
    let any = |spec: &CollectorSpec| match spec.for_each {
        ForEach::Any(resources) => resources,
        ForEach::Once | ForEach::All(_) | ForEach::Where(_) => &[],
    };
    of_resource(resource).flat_map(any).map(|resource| resource.name).collect()
}

fn of_resource(resource: &str) -> impl Iterator<Item = &'static CollectorSpec> {
    COLLECTORS.iter().filter(move |spec| spec.rows.name == resource)
}

/// Returns the first kind of task that finds the rows of a resource.
pub(super) fn finder_of(resource: &ResourceSpec) -> Option<&'static CollectorSpec> {
    of_resource(resource.name).find(|spec| spec.finds_rows())
}

/// Returns the kind of task whose pages an operation reads, or else one that sends it for another purpose.
pub(super) fn sender(operation: Operation) -> Option<&'static CollectorSpec> {
    let by_the_way = || COLLECTORS.iter().find(|spec| spec.operations.contains(&operation));
    COLLECTORS.iter().find(|spec| spec.operation == operation).or_else(by_the_way)
}

/// Returns the operation whose answer names the subject of this one; `None` if it can be called at once.
pub(super) fn source_of(operation: Operation) -> Option<Operation> {
    let spec = sender(operation)?;
    if let Asked::Instead { of, .. } = spec.asked {
        return Some(of);
    }
    // A secondary operation asks about the first answer of the main operation.
    if operation != spec.operation && spec.operations.first() == Some(&spec.operation) {
        return Some(spec.operation);
    }
    match spec.rests_on.first().or(spec.for_each.resources().first()) {
        Some(resource) => {
            let leads_to_it = |finder: &&CollectorSpec| finder.finds_rows() && spec.is_asked_for(finder.part);
            of_resource(resource.name).find(leads_to_it).map(|finder| finder.operation)
        }
        None if spec.place == In::Instance => Some(Operation::ListInstances),
        None => None,
    }
}

/// Returns the resources that need an operation: those whose tasks send it, or depend on its rows.
pub(super) fn needing(operation: Operation) -> BTreeSet<&'static str> {
    let needs = |spec: &&CollectorSpec| {
        let rests_on_it = || {
            let found = spec.rests_on.iter().filter_map(|resource| finder_of(resource));
            PREFLIGHT.contains(&operation) && found.map(|spec| spec.operation).any(|found| found == operation)
        };
        let is_in_it = operation == Operation::ListInstances && spec.place == In::Instance;
        spec.operations.contains(&operation) || is_in_it || rests_on_it()
    };
    let concluding = COLLECTORS.iter().filter(|spec| spec.shows != Shows::Nothing);
    concluding.filter(needs).map(|spec| spec.rows.name).collect()
}

impl Task {
    /// Returns the further scopes that stay unseen when it fails: those of the tasks that its missing rows would have
    /// given rise to.
    pub(super) fn hides(&self) -> Vec<Scope> {
        static BY_KIND: LazyLock<HashMap<&str, Vec<Scope>>> =
            LazyLock::new(|| COLLECTORS.iter().map(|spec| (spec.kind, spec.hides())).collect());
        let own = (self.spec().shows == Shows::Part).then(|| self.scope());
        BY_KIND[self.kind()].iter().cloned().chain(own).chain(self.also_hides()).collect()
    }

    /// Returns the scopes that all tasks of its kind cover together. A task asked in an account covers the scopes of
    /// that account alone.
    pub(super) fn family(&self) -> Vec<Scope> {
        let family = self.spec().family().into_iter();
        match self.account() {
            Some(account) => family.map(|scope| scope.about(Entity::Account, &account)).collect(),
            None => family.collect(),
        }
    }
}

impl CollectorSpec {
    /// Returns true if it finds rows that nothing else lists. Otherwise it completes rows found by others.
    pub fn finds_rows(&self) -> bool {
        let describes_itself = matches!(self.for_each.resources(), [only] if only.name == self.rows.name);
        !describes_itself && !matches!(self.asked, Asked::Instead { .. })
    }

    /// Returns true if rows in a part of its resource give rise to a task.
    fn is_asked_for(&self, part: Option<(&str, &str)>) -> bool {
        match (self.for_rows, part) {
            (Some((column, values)), Some((name, value))) => column != name || values.contains(&value),
            (None, _) | (_, None) => true,
        }
    }

    /// Returns the scopes that all tasks of this kind cover together: those of the gap recorded when the kind is
    /// stopped.
    pub fn family(&self) -> Vec<Scope> {
        match (self.shows, self.for_each) {
            (Shows::Nothing, _) => Vec::new(),
            // If any one resource is enough, each has a part of its own.
            (_, ForEach::Any(resources)) => {
                resources.iter().map(|resource| self.scope_for(resource)).collect()
            }
            (_, ForEach::Once | ForEach::All(_) | ForEach::Where(_)) => vec![self.whole()],
        }
    }

    /// Returns the scope of all rows that tasks of this kind list.
    pub fn whole(&self) -> Scope {
        self.narrowed(self.rows.all())
    }

    /// Returns the scope of all rows that tasks of this kind list for the rows of a resource.
    pub fn scope_for(&self, resource: &ResourceSpec) -> Scope {
        self.narrowed(match Entity::of_resource(resource.name) {
            Some(entity) => self.rows.all_about(entity),
            None => self.rows.all(),
        })
    }

    fn narrowed(&self, scope: Scope) -> Scope {
        match self.part {
            Some((column, value)) => scope.with(column, value),
            None => scope,
        }
    }

    /// Returns true if a failure to find the rows that it is asked for hides its own.
    fn is_hidden_with_them(&self) -> bool {
        match self.asked {
            Asked::AsListed | Asked::After | Asked::Planned | Asked::WithinBudget => {
                self.shows != Shows::Nothing
            }
            // Without these rows the plan lists assignments in another way, or records itself which it could not list.
            Asked::By(_) | Asked::Instead { .. } => false,
        }
    }

    /// Returns the scopes that stay unseen with the rows that it did not find.
    fn hides(&self) -> Vec<Scope> {
        if !self.finds_rows() || self.shows == Shows::Nothing {
            return Vec::new();
        }
        let mut hidden = Hidden::default();
        hidden.follow(self.rows, self.part);
        let own = matches!(self.for_each, ForEach::Once).then(|| self.whole());
        hidden.scopes(own)
    }
}

/// The scopes that stay unseen without the rows of some resources.
#[derive(Default)]
struct Hidden {
    rows: BTreeSet<(&'static str, Part)>,
    scopes: BTreeSet<Scope>,
}

/// The part of a resource with one value of a column; `None` for all of it.
type Part = Option<(&'static str, &'static str)>;

impl Hidden {
    fn follow(&mut self, resource: &'static ResourceSpec, part: Part) {
        if !self.rows.insert((resource.name, part)) {
            return;
        }
        for spec in COLLECTORS.iter().filter(|spec| spec.is_hidden_with_them()) {
            let is = |other: &&&ResourceSpec| other.name == resource.name;
            // The answer of the preflight is known, even if the task fails later.
            let was_found = finder_of(resource).is_some_and(|spec| PREFLIGHT.contains(&spec.operation));
            if !was_found && spec.rests_on.iter().find(is).is_some() {
                self.scopes.insert(spec.whole());
            }
            if spec.for_each.resources().iter().find(is).is_some() && spec.is_asked_for(part) {
                self.scopes.insert(spec.scope_for(resource));
                if spec.finds_rows() {
                    self.follow(spec.rows, spec.part);
                }
            }
        }
    }

    /// Returns the widest scopes, without the scope of the task itself.
    fn scopes(mut self, own: Option<Scope>) -> Vec<Scope> {
        // A resource all of whose tasks are asked for these rows is hidden altogether.
        let resources: BTreeSet<String> = self.scopes.iter().map(|scope| scope.resource.clone()).collect();
        for resource in resources {
            let mut tasks = of_resource(&resource).filter(|spec| spec.is_hidden_with_them()).peekable();
            let all = tasks.peek().map(|spec| spec.rows.all());
            let hangs = |spec: &CollectorSpec| {
                let asked = spec.for_each.resources();
                let is_hidden =
                    |resource: &&ResourceSpec| self.rows.iter().any(|(name, _)| *name == resource.name);
                !asked.is_empty() && asked.iter().all(is_hidden)
            };
            if tasks.all(hangs) {
                self.scopes.extend(all);
            }
        }
        let wider = |one: &Scope, other: &Scope| {
            one.resource == other.resource
                && one.columns.iter().all(|(name, value)| other.columns.get(name) == Some(value))
        };
        let is_widest = |scope: &&Scope| {
            let others = self.scopes.iter().filter(|other| *other != *scope);
            !others.chain(&own).any(|other| wider(other, scope))
        };
        self.scopes.iter().filter(is_widest).cloned().collect()
    }
}
