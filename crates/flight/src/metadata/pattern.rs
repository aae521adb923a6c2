//! Patterns that tables and schemas are asked for by.

/// SQL's LIKE with `%`, `_` and the backslash; no pattern matches all.
pub(crate) fn matches(pattern: Option<&str>, name: &str) -> bool {
    let Some(pattern) = pattern else { return true };
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    // reach[i]: the pattern so far matches the first i letters.
    let mut reach = vec![false; name.len() + 1];
    reach[0] = true;
    let mut letters = pattern.iter();
    while let Some(letter) = letters.next() {
        let mut next = vec![false; name.len() + 1];
        match letter {
            '%' => {
                let first = reach.iter().position(|reached| *reached);
                first.into_iter().for_each(|first| next[first..].fill(true));
            }
            wildcard_or_letter => {
                let literal = match wildcard_or_letter {
                    '_' => None,
                    '\\' => letters.next().or(Some(&'\\')),
                    letter => Some(letter),
                };
                for (position, own) in name.iter().enumerate() {
                    next[position + 1] = reach[position] && literal.is_none_or(|literal| literal == own);
                }
            }
        }
        reach = next;
    }
    reach[name.len()]
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            (None, "orders", true),
            (Some("%"), "orders", true),
            (Some("orders"), "orders", true),
            (Some("order_"), "orders", true),
            (Some("o%s"), "orders", true),
            (Some("%rd%"), "orders", true),
            (Some(""), "orders", false),
            (Some("Orders"), "orders", false),
            (Some("order"), "orders", false),
            (Some("line_item"), "lineitem", false),
            (Some("line\\_item"), "line_item", true),
            (Some("line\\_item"), "linexitem", false),
            (Some("%%%%%%%%%%%%%%%%%%%%%%%%%%x"), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern:?} {name}");
        }
    }
}
