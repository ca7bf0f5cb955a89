//! The names nearest to one that nobody knows: "did you mean …?", for whatever takes a name.

/// At most this many names are offered.
const OFFERED: usize = 3;

/// How alike two names must be to be offered, from 0 to 1.
const ALIKE: f64 = 0.6;

/// Returns the candidates most like `typed`, best first: near in spelling, or containing it.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let candidates = candidates.into_iter().map(|candidate| (candidate, candidate));
    nearest_of(typed, candidates, |name| *name).into_iter().map(|(name, _)| name).collect()
}

/// Does the same for names of things, and takes the best name of each thing, which `id` tells from others.
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

/// Returns the hint "did you mean …?" for these; `None` where there are none.
pub fn one_of(offered: impl IntoIterator<Item = String>) -> Option<String> {
    match offered.into_iter().collect::<Vec<_>>().as_slice() {
        [] => None,
        [one] => Some(format!("did you mean {one}?")),
        [first @ .., last] => Some(format!("did you mean {} or {last}?", first.join(", "))),
    }
}

fn likeness(typed: &str, candidate: &str) -> f64 {
    // Everybody's address ends alike: what stands before the @ tells them apart.
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
    // Part of a name, such as a surname or the name before the @.
    let part = if typed.chars().count() >= 3 && candidate.contains(typed) { 0.8 } else { 0.0 };
    spelling.max(part)
}

/// Whether lengths allow it: comparing costs their product, and a whole file may have been pasted as a name.
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
