//! Finds the name that somebody probably meant.

/// The candidate nearest to `name`, when it is near enough to be a slip: a third of its letters at most, or one.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&name, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len().min(name.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_slips_and_nothing_else() {
        let tools = ["get_weather", "calculator", "clock"];
        assert_eq!(nearest("get_wether", tools), Some("get_weather"));
        assert_eq!(nearest("Calculator", tools), Some("calculator"));
        assert_eq!(nearest("nope", tools), None);
        assert_eq!(nearest("", tools), None);
    }
}
