//! Is a sum of squared, normalised residuals larger than noise explains?

/// Probability that noise alone gives a sum of squares of `value` or more, by Wilson and Hilferty's cube root
/// (1931). Degrees of freedom need not be whole. Good to 0.01 from one degree of freedom on.
pub fn tail_probability(value: f64, degrees_of_freedom: f64) -> f64 {
    if degrees_of_freedom <= 0.0 || value <= 0.0 {
        return 1.0;
    }
    let spread = 2.0 / (9.0 * degrees_of_freedom);
    let z = ((value / degrees_of_freedom).cbrt() - (1.0 - spread)) / spread.sqrt();
    normal_tail(z)
}

/// Upper tail of the normal distribution; Zelen and Severo 26.2.17, error below 1e-7.
fn normal_tail(z: f64) -> f64 {
    if z < 0.0 {
        return 1.0 - normal_tail(-z);
    }
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let series = t
        * (0.319_381_530
            + t * (-0.356_563_782
                + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    series * (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_at_tabled_points() {
        // 95 % points of chi-square: 3.841 (1), 5.991 (2), 11.070 (5), 18.307 (10).
        for (value, freedom) in [(3.841, 1.0), (5.991, 2.0), (11.070, 5.0), (18.307, 10.0)] {
            assert!((tail_probability(value, freedom) - 0.05).abs() < 0.004, "{freedom}");
        }
        assert!(tail_probability(100.0, 5.0) < 1e-12);
        assert!(tail_probability(0.5, 5.0) > 0.98);
    }
}
