//! A read in which events are out of order.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_event_out_of_order_is_written_with_a_warning_and_a_second_one_fails() {
    let account = Account { misplaces: |nth| nth == 200, ..Account::new(20_000, |_| None) };
    let read = read_all(&account).await;
    assert_eq!(read.failures, []);
    assert_eq!(read.of_type("RECORD").count(), 20_001);
    assert_eq!(logged(&read, "events out of order (1). They are written").count(), 1);

    let account = Account { misplaces: |nth| nth > 200, ..Account::new(20_000, |_| None) };
    let failure = read_all(&account).await.failure();
    assert_eq!(failure.failure_type, FailureType::TransientError);
    assert!(failure.message.contains("out of order more than once"), "{}", failure.message);
}

/// There, coverage knows each event, and the next sync reads those seconds again.
#[tokio::test(start_paused = true)]
async fn within_the_lookback_the_order_does_not_matter() {
    let read = read_all(&Account { misplaces: |_| true, ..Account::new(800, |_| None) }).await;
    assert_eq!(read.failures, []);
    assert!(read.of_type("RECORD").count() > 800);
    assert_eq!(logged(&read, "out of order").count(), 0);
}

/// Tokens that count events repeat some if new events appear meanwhile.
#[tokio::test(start_paused = true)]
async fn pages_that_repeat_the_ones_before_are_in_order() {
    let repeating = Account { repeats: 30, ..Account::new(20_000, |_| None) };
    let read = read_all(&repeating).await;
    assert_eq!((read.failures.len(), read.of_type("RECORD").count()), (0, 20_000));
    assert_eq!(logged(&read, "out of order").count(), 0);
}
