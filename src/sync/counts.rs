//! Large counts as people read them in LOG lines. Pure.

/// `count` in groups of three digits: `1,700`.
pub(super) fn in_groups(count: u64) -> String {
    let digits = count.to_string();
    let first = digits.len() % 3;
    let (head, groups) = digits.split_at(first);
    let groups = groups.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    let head = (!head.is_empty()).then(|| head.to_owned());
    head.into_iter().chain(groups).collect::<Vec<_>>().join(",")
}

/// So many Regions: `1 Region`, `1,700 Regions`.
pub(super) fn regions(count: u64) -> String {
    format!("{} {}", in_groups(count), noun(count))
}

/// So many more of them: `1 more Region`, `14 more Regions`.
pub(super) fn more_regions(count: u64) -> String {
    format!("{} more {}", in_groups(count), noun(count))
}

fn noun(count: u64) -> &'static str {
    if count == 1 { "Region" } else { "Regions" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digits_are_in_groups_of_three() {
        for (count, text) in [(0, "0"), (17, "17"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(in_groups(count), text);
        }
        assert_eq!([regions(1), regions(1_700)], ["1 Region", "1,700 Regions"]);
        assert_eq!([more_regions(1), more_regions(14)], ["1 more Region", "14 more Regions"]);
    }

    proptest! {
        #[test]
        fn no_group_but_the_first_is_shorter_and_no_digit_is_lost(count: u64) {
            let text = in_groups(count);
            prop_assert_eq!(text.replace(',', ""), count.to_string());
            prop_assert!(text.split(',').skip(1).all(|group| group.len() == 3));
            prop_assert!((1..=3).contains(&text.split(',').next().unwrap().len()));
        }
    }
}
