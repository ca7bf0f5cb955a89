//! The names nearest to an unknown one: "did you mean …?" for every command that takes a name.

/// The maximum number of names that are offered.
const OFFERED: usize = 3;

/// The minimum likeness of a name that is offered, from 0 to 1.
const ALIKE: f64 = 0.6;

/// Returns the candidates most like `typed`, best first: similar in spelling, or containing it.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let candidates = candidates.into_iter().map(|candidate| (candidate, candidate));
    nearest_of(typed, candidates, |name| *name).into_iter().map(|(name, _)| name).collect()
}

/// Returns the things whose names are most like `typed`, each with its best name. `id` distinguishes the things.
pub fn nearest_of<'a, T, I: PartialEq>(
    typed: &str,
    candidates: impl IntoIterator<Item = (&'a str, T)>,
    id: impl Fn(&T) -> I,
) -> Vec<(&'a str, T)> {
    let typed = typed.to_lowercase();
    let mut scored: Vec<(f64, &str, T)> = candidates
        .into_iter()
        .map(|(name, thing)| (likeness(&typed, &name.to_lowercase()), name, thing))
        .filter(|(score, ..)| *score >= ALIKE)
        .collect();
    scored.sort_by(|a, b| {
        b.0.total_cmp(&a.0).then_with(|| a.1.len().cmp(&b.1.len())).then_with(|| a.1.cmp(b.1))
    });
    let mut taken: Vec<(&str, T)> = Vec::with_capacity(OFFERED);
    for (_, name, thing) in scored {
        if taken.len() < OFFERED && taken.iter().all(|(_, other)| id(other) != id(&thing)) {
            taken.push((name, thing));
        }
    }
    taken
}

/// Returns the hint "did you mean …?" for words of this program, if any candidate is near.
pub fn did_you_mean<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    one_of(nearest(typed, candidates).into_iter().map(str::to_owned))
}

/// Returns the hint "did you mean …?" for these names; `None` if there are none.
pub fn one_of(offered: impl IntoIterator<Item = String>) -> Option<String> {
    match offered.into_iter().collect::<Vec<_>>().as_slice() {
        [] => None,
        [one] => Some(format!("did you mean {one}?")),
        [first @ .., last] => Some(format!("did you mean {} or {last}?", first.join(", "))),
    }
}

fn likeness(typed: &str, candidate: &str) -> f64 {
    // Addresses of one organization share the domain, so only the part before the @ is compared.
    if let (Some((typed, typed_domain)), Some((candidate, domain))) =
        (typed.split_once('@'), candidate.split_once('@'))
        && typed_domain == domain
    {
        return likeness(typed, candidate);
    }
    let spelling = match may_be_alike(typed, candidate) {
        true => strsim::normalized_damerau_levenshtein(typed, candidate),
        false => 0.0,
    };
    // `typed` may be a part of a name, such as a surname or the part before the @.
    let part = if typed.chars().count() >= 3 && candidate.contains(typed) { 0.8 } else { 0.0 };
    spelling.max(part)
}

/// Decides by the lengths alone whether two names can be alike. Comparing costs the product of the lengths, and a user
/// may have pasted a whole file as a name.
fn may_be_alike(one: &str, other: &str) -> bool {
    let (one, other) = (one.chars().count() as f64, other.chars().count() as f64);
    one.min(other) >= ALIKE * one.max(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_much_longer_than_every_name_is_not_compared() {
        assert!(!may_be_alike(&"ana".repeat(1_000), "ana"));
        assert!(may_be_alike("anna", "ana") && may_be_alike("", ""));
    }

    #[test]
    fn the_nearest_comes_first_and_strangers_not_at_all() {
        let names = ["user-access", "user-groups", "account-access", "organization-tree"];
        assert_eq!(nearest("usr-acess", names), ["user-access"]);
        assert_eq!(did_you_mean("zzz", names), None);
        assert_eq!(nearest("anna@example.com", ["bob@example.com", "ana@example.com"]), ["ana@example.com"]);
        assert_eq!(did_you_mean("tree", names).as_deref(), Some("did you mean organization-tree?"));
        assert_eq!(
            did_you_mean("USER-", ["user-access", "user-groups"]).as_deref(),
            Some("did you mean user-access or user-groups?")
        );
    }
}
