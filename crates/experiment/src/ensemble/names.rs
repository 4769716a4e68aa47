//! Short names for dimensions and variables of the dataset.

/// A name for each full key: its last word if no other has it, else as much of the key as tells it apart.
pub fn short(keys: &[&str], taken: &[&str]) -> Vec<String> {
    let named = |key: &str, words: usize| {
        let parts: Vec<&str> = key.split('.').collect();
        let tail = parts[parts.len().saturating_sub(words)..].join("_");
        tail.chars().filter(|c| *c != ']').map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect::<String>()
    };
    keys.iter()
        .enumerate()
        .map(|(k, key)| {
            let depth = key.split('.').count();
            let free = |name: &String, words: usize| {
                // A name that begins with a digit is no attribute in Python.
                !name.starts_with(|c: char| c.is_ascii_digit())
                    && !taken.contains(&name.as_str())
                    && keys.iter().enumerate().all(|(j, other)| j == k || named(other, words) != *name)
            };
            (1..=depth)
                .map(|words| (named(key, words), words))
                .find(|(name, words)| free(name, *words))
                .map_or_else(|| named(key, depth), |n| n.0)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn names_are_as_short_as_they_can_be() {
        let keys = ["step[0].sweep.rate", "contact.1.resistance", "contact.2.resistance", "chip.kind"];
        assert_eq!(short(&keys, &[]), ["rate", "contact_1_resistance", "contact_2_resistance", "kind"]);
        assert_eq!(short(&["wire.seed"], &["seed"]), ["wire_seed"]);
    }
}
