//! Numbers that are exact as long as they are whole.

use std::fmt;

/// A whole number, or a double.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) enum Number {
    /// Exact.
    Whole(i128),
    /// Finite.
    Double(f64),
}

/// A number, or why there is none.
type Outcome = Result<Number, &'static str>;

impl Number {
    /// Digits with at most one point and an exponent.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Ok(whole) = text.parse() {
            return Some(Self::Whole(whole));
        }
        text.parse().ok().filter(|number: &f64| number.is_finite()).map(Self::Double)
    }

    pub(super) fn add(self, other: Self) -> Outcome {
        self.exactly(other, i128::checked_add, |a, b| a + b)
    }

    pub(super) fn subtract(self, other: Self) -> Outcome {
        self.exactly(other, i128::checked_sub, |a, b| a - b)
    }

    pub(super) fn multiply(self, other: Self) -> Outcome {
        self.exactly(other, i128::checked_mul, |a, b| a * b)
    }

    pub(super) fn divide(self, other: Self) -> Outcome {
        if other.as_double() == 0.0 {
            return Err("division by zero");
        }
        let whole = |a: i128, b: i128| (a.checked_rem(b) == Some(0)).then(|| a / b);
        self.exactly(other, whole, |a, b| a / b)
    }

    pub(super) fn remainder(self, other: Self) -> Outcome {
        if other.as_double() == 0.0 {
            return Err("remainder of a division by zero");
        }
        self.exactly(other, i128::checked_rem, |a, b| a % b)
    }

    pub(super) fn power(self, exponent: Self) -> Outcome {
        if self.as_double() == 0.0 && exponent.as_double() < 0.0 {
            return Err("zero to a negative power");
        }
        let whole = |a: i128, b: i128| a.checked_pow(u32::try_from(b).ok()?);
        self.exactly(exponent, whole, f64::powf)
    }

    pub(super) fn negate(self) -> Self {
        match self {
            Self::Whole(whole) => match whole.checked_neg() {
                Some(whole) => Self::Whole(whole),
                None => Self::Double(-self.as_double()),
            },
            Self::Double(double) => Self::Double(-double),
        }
    }

    /// A function of one number.
    pub(super) fn function(name: &str) -> Option<fn(Self) -> Outcome> {
        match name {
            "sqrt" => Some(Self::square_root),
            "abs" => Some(|x| Ok(if x.as_double() < 0.0 { x.negate() } else { x })),
            "round" => Some(|x| x.to_whole(f64::round)),
            "floor" => Some(|x| x.to_whole(f64::floor)),
            "ceil" => Some(|x| x.to_whole(f64::ceil)),
            _ => None,
        }
    }

    fn square_root(self) -> Outcome {
        match self {
            Self::Whole(whole) if whole >= 0 && whole.isqrt().pow(2) == whole => {
                Ok(Self::Whole(whole.isqrt()))
            }
            _ if self.as_double() < 0.0 => Err("square root of a negative number"),
            _ => Self::finite(self.as_double().sqrt()),
        }
    }

    fn to_whole(self, rounded: fn(f64) -> f64) -> Outcome {
        match self {
            Self::Whole(_) => Ok(self),
            // As shown: 0.1 * 30 is 3, and its ceiling is not 4.
            Self::Double(double) => {
                let double = rounded(significant(double));
                let fits = double.abs() < EXACT;
                Ok(if fits { Self::Whole(double as i128) } else { Self::Double(double) })
            }
        }
    }

    /// The exact result of two whole numbers where there is one, else that of two doubles.
    fn exactly(
        self,
        other: Self,
        whole: impl FnOnce(i128, i128) -> Option<i128>,
        double: impl FnOnce(f64, f64) -> f64,
    ) -> Outcome {
        if let (Self::Whole(a), Self::Whole(b)) = (self, other)
            && let Some(result) = whole(a, b)
        {
            return Ok(Self::Whole(result));
        }
        Self::finite(double(self.as_double(), other.as_double()))
    }

    fn finite(double: f64) -> Outcome {
        if double.is_nan() {
            return Err("the result is not a real number");
        }
        if double.is_infinite() {
            return Err("the result is too large");
        }
        Ok(Self::Double(double))
    }

    fn as_double(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Double(double) => double,
        }
    }
}

/// Below this a double holds every whole number: 2^53.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The same with 15 significant digits, which every double has: 0.1 + 0.2 is 0.3.
fn significant(double: f64) -> f64 {
    format!("{double:.14e}").parse().unwrap_or(double)
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Whole(whole) => write!(f, "{whole}"),
            Self::Double(double) => {
                let double = significant(double);
                match double.abs() {
                    0.0 => f.write_str("0"),
                    1e-6..1e15 => write!(f, "{double}"),
                    _ => write!(f, "{double:e}"),
                }
            }
        }
    }
}
