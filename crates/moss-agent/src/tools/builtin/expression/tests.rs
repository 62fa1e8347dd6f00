use proptest::prelude::*;

use super::evaluate;

/// The value as text, or the error's text.
fn shown(expression: &str) -> String {
    match evaluate(expression) {
        Ok(number) => number.to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn values() {
    for (expression, value) in [
        ("37 * 91", "3367"),
        ("2+3*4", "14"),
        ("(2+3)*4", "20"),
        ("10 - 4 - 3", "3"),
        ("2^3^2", "512"),
        ("2**10", "1024"),
        ("3 * *4", "at character 5: expected a number or `(`, found `*`"),
        ("-2^2", "-4"),
        ("(-2)^2", "4"),
        ("2^-1", "0.5"),
        ("--3", "3"),
        ("+3", "3"),
        ("6/3", "2"),
        ("7/2", "3.5"),
        ("-7 % 3", "-1"),
        ("5.5 % 2", "1.5"),
        ("0.1 + 0.2", "0.3"),
        ("1/3", "0.333333333333333"),
        ("1e3 + 1", "1001"),
        (".5 * 4", "2"),
        ("37 × 91 − 1 ÷ 1", "3366"),
        ("sqrt(144)", "12"),
        ("sqrt(2)", "1.4142135623731"),
        ("abs(-3) + round(2.5) + floor(-1.5) + ceil(1.2)", "6"),
        ("ceil(0.1 * 3 * 10)", "3"),
        ("170141183460469231731687303715884105727", "170141183460469231731687303715884105727"),
        ("170141183460469231731687303715884105727 + 1", "1.70141183460469e38"),
        ("2^100", "1267650600228229401496703205376"),
        ("2^0.5 * 1e-9", "1.4142135623731e-9"),
    ] {
        assert_eq!(shown(expression), value, "{expression}");
    }
}

#[test]
fn errors_say_where_and_why() {
    for (expression, error) in [
        ("", "the expression is empty"),
        ("2 +", "at character 4: expected a number or `(`, found the end"),
        ("2 3", "at character 3: expected an operator or the end, found `3`"),
        ("(1 + 2", "at character 7: expected an operator or `)`, found the end"),
        ("1,000 + 1", "at character 2: expected an operator or the end, found `,`"),
        ("1.2.3", "at character 1: expected a number, found `1.2.3`"),
        ("1 / (2 - 2)", "at character 3: division by zero"),
        ("5 % 0", "at character 3: remainder of a division by zero"),
        ("sqrt(-1)", "at character 1: square root of a negative number"),
        ("(-8)^0.5", "at character 5: the result is not a real number"),
        ("9^9^9", "at character 2: the result is too large"),
        ("0^-1", "at character 2: zero to a negative power"),
        ("x + 1", "at character 1: unknown function `x`. There are: sqrt, abs, round, floor, ceil"),
        ("2 * sqrt 4", "at character 10: expected `(` after the function, found `4`"),
        ("ä", "at character 1: unknown function `ä`. There are: sqrt, abs, round, floor, ceil"),
    ] {
        assert_eq!(shown(expression), error, "{expression}");
    }
}

#[test]
fn length_and_depth_are_bounded() {
    let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(shown(&nested(64)), "1");
    let too_deep = "at character 66: more than 64 brackets and signs within each other";
    assert_eq!(shown(&nested(65)), too_deep);
    assert_eq!(shown(&"-".repeat(199)), too_deep);
    assert_eq!(
        shown(&"1^".repeat(99)),
        "at character 131: more than 64 brackets and signs within each other"
    );
    assert_eq!(shown(&"1".repeat(201)), "the expression has more than 200 characters");
}

proptest! {
    #[test]
    fn whole_numbers_are_exact(a in -1_000_000_000_i64..1_000_000_000, b in -1_000_000_000_i64..1_000_000_000) {
        let (wide_a, wide_b) = (i128::from(a), i128::from(b));
        prop_assert_eq!(shown(&format!("({a}) * ({b})")), (wide_a * wide_b).to_string());
        prop_assert_eq!(shown(&format!("{a} - {b}")), (wide_a - wide_b).to_string());
    }

    #[test]
    fn no_text_panics(text in r"[-0-9.eE+*/%^() a-zäé,×]{0,60}") {
        let _ = evaluate(&text);
    }
}
