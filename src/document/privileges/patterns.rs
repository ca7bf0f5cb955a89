//! Patterns of actions and resources, as IAM matches them: `*` stands for any characters, `?` for one.

/// The reach of a statement's patterns within a kind of resource, from the smallest to the largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Only the caller's own user.
    Own,
    /// Some resources.
    Named,
    /// Every resource.
    Any,
}

/// Decides whether a pattern matches an action, ignoring case.
pub(in crate::document) fn matches_action(pattern: &str, action: &str) -> bool {
    glob(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase())
}

/// Returns the reach of a statement's resource patterns among the resources that an action applies to, given as ARNs
/// such as `arn:*:iam::*:role/*`. It is `Any` only if that holds for each kind that the patterns reach. Returns `None`
/// if they reach nothing.
pub(super) fn reach(patterns: &[String], kinds: &[String]) -> Option<Reach> {
    let of_kind = |kind: &String| patterns.iter().filter_map(|pattern| reach_of(pattern, kind)).max();
    kinds.iter().filter_map(of_kind).min()
}

/// Decides whether patterns reach everything that an action applies to.
pub(super) fn reach_all(patterns: &[String], kinds: &[String]) -> bool {
    let is_reached = |kind: &String| patterns.iter().any(|one| reach_of(one, kind) == Some(Reach::Any));
    kinds.iter().all(is_reached)
}

/// Returns the reach of a pattern within one kind. Every resource of one partition, Region or account counts as every
/// resource.
fn reach_of(pattern: &str, kind: &str) -> Option<Reach> {
    let (of_pattern, of_kind) = (fields(pattern), fields(kind));
    let goes_together = |place: usize| overlap(&without_variables(&of_pattern[place]), &of_kind[place]);
    if !(0..of_kind.len()).all(goes_together) {
        return None;
    }
    let is_own = |own: &str| of_pattern[5].contains(own);
    Some(match glob(&of_pattern[2], &of_kind[2]) && glob(&of_pattern[5], &of_kind[5]) {
        true => Reach::Any,
        false if is_own("${aws:username}") || is_own("${aws:userid}") => Reach::Own,
        false => Reach::Named,
    })
}

/// Returns the fields of an ARN: `arn`, partition, service, Region, account, resource. A field that a pattern leaves
/// out may be anything.
fn fields(arn: &str) -> [String; 6] {
    let arn = arn.to_ascii_lowercase();
    let mut fields = arn.splitn(6, ':');
    std::array::from_fn(|_| fields.next().unwrap_or("*").to_owned())
}

/// Returns a pattern in which a variable such as `${aws:username}` matches anything.
fn without_variables(pattern: &str) -> String {
    let mut open = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((_, after)) = after.split_once('}') else { break };
        open.push_str(before);
        open.push('*');
        rest = after;
    }
    open.push_str(rest);
    open
}

/// Decides whether a pattern matches a text, in time that grows with the product of their lengths.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some('?') if text[read] != '*' => (at, read) = (at + 1, read + 1),
            Some(one) if *one == text[read] => (at, read) = (at + 1, read + 1),
            _ => match star {
                Some((place, since)) => {
                    star = Some((place, since + 1));
                    (at, read) = (place + 1, since + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|one| *one == '*')
}

/// Decides whether any text matches both patterns.
fn overlap(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    // `row[place]` is true if the rests from here on have a text in common. The table is filled from the end to the
    // beginning.
    let mut below = vec![false; other.len() + 1];
    for at in (0..=one.len()).rev() {
        let mut row = vec![false; other.len() + 1];
        for place in (0..=other.len()).rev() {
            row[place] = match (one.get(at), other.get(place)) {
                (None, None) => true,
                (Some(b'*'), _) => below[place] || (place < other.len() && row[place + 1]),
                (_, Some(b'*')) => row[place + 1] || (at < one.len() && below[place]),
                (Some(a), Some(b)) => (a == b || *a == b'?' || *b == b'?') && below[place + 1],
                (None, Some(_)) | (Some(_), None) => false,
            };
        }
        below = row;
    }
    below[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_match_whatever_their_case() {
        for pattern in
            ["*", "*:*", "iam:*", "IAM:PASSROLE", "iam:Pass*", "iam:*Role", "i?m:PassRol?", "iam:P*s*e"]
        {
            assert!(matches_action(pattern, "iam:PassRole"), "{pattern}");
        }
        for pattern in ["", "iam", "iam:Pass", "iam:PassRole?", "ia:*", "s3:*", "iam:*x*", "iam: PassRole"] {
            assert!(!matches_action(pattern, "iam:PassRole"), "{pattern}");
        }
        let long = format!("{}b", "*a".repeat(200));
        assert!(!matches_action(&long, &"a".repeat(400)));
    }

    #[test]
    fn a_pattern_reaches_its_kind() {
        const ROLE: &str = "arn:*:iam::*:role/*";
        for (pattern, reached) in [
            ("*", Some(Reach::Any)),
            ("arn:*", Some(Reach::Any)),
            ("arn:aws:iam::*", Some(Reach::Any)),
            ("arn:aws:iam::*:role/*", Some(Reach::Any)),
            ("arn:aws-cn:iam::111122223333:role/*", Some(Reach::Any)),
            ("arn:*:iam::*:*", Some(Reach::Any)),
            ("arn:aws:iam::*:role/team-*", Some(Reach::Named)),
            ("arn:aws:iam::111122223333:role/one", Some(Reach::Named)),
            ("arn:aws:iam::*:role/${aws:PrincipalTag/team}", Some(Reach::Named)),
            ("arn:aws:iam::*:role/${aws:username}-*", Some(Reach::Own)),
            ("arn:aws:iam::*:user/*", None),
            ("arn:aws:s3:::bucket/*", None),
            ("", None),
        ] {
            assert_eq!(reach_of(pattern, ROLE), reached, "{pattern}");
        }
        const USER: &str = "arn:*:iam::*:user/*";
        assert_eq!(reach_of("arn:aws:iam::*:user/${aws:username}", USER), Some(Reach::Own));
        assert_eq!(reach_of("arn:aws:iam::*:mfa/${aws:username}", USER), None);
        assert_eq!(
            reach_of("arn:aws:states:*:*:stateMachine:*", "arn:*:states:*:*:statemachine:*"),
            Some(Reach::Any)
        );
    }

    #[test]
    fn of_several_kinds_each_counts_that_is_reached() {
        let list = |texts: &[&str]| -> Vec<String> { texts.iter().map(|text| (*text).to_owned()).collect() };
        let kinds =
            list(&["arn:*:sso:::account/*", "arn:*:sso:::instance/*", "arn:*:sso:::permissionSet/*/*"]);
        for (patterns, reached) in [
            (&["*"][..], Some(Reach::Any)),
            (&["arn:aws:sso:::account/*", "arn:aws:sso:::permissionSet/*"], Some(Reach::Any)),
            (&["arn:aws:sso:::account/*", "arn:aws:sso:::permissionSet/ssoins-1/ps-1"], Some(Reach::Named)),
            (&["arn:aws:s3:::x"], None),
        ] {
            assert_eq!(reach(&list(patterns), &kinds), reached, "{patterns:?}");
        }
        assert!(
            reach_all(&list(&["arn:aws:sso:::*"]), &kinds)
                && !reach_all(&list(&["arn:aws:sso:::account/*"]), &kinds)
        );
    }
}
