//! The titles that Cube makes up for members without one.

/// Words that stay small inside a title.
const SMALL: [&str; 22] = [
    "and", "or", "nor", "a", "an", "the", "so", "but", "to", "of", "at", "by", "from", "into", "on", "onto",
    "off", "out", "in", "over", "with", "for",
];

/// `created_at` → `Created at`.
pub(super) fn titleize(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty()).enumerate();
    let title = |(place, word): (usize, &str)| {
        if place > 0 && SMALL.contains(&word) { word.to_owned() } else { capital(word) }
    };
    words.map(title).collect::<Vec<_>>().join(" ")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::titleize;

    #[test]
    fn titles_of_the_real_server() {
        for (name, title) in [
            ("orders", "Orders"),
            ("created_at", "Created at"),
            ("web_or_mobile", "Web or Mobile"),
            ("distinct_users_approx", "Distinct Users Approx"),
            ("rolling_7d", "Rolling 7d"),
            ("orders_view", "Orders View"),
        ] {
            assert_eq!(titleize(name), title);
        }
    }
}
