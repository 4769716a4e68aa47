//! Times of day and dates, as logs have them.

/// Seconds since midnight of `13:54:37.68`.
pub(super) fn of_day(field: &str) -> Option<f64> {
    let mut parts = field.trim().split(':');
    let (h, m, s) = (parts.next()?, parts.next()?, parts.next()?);
    let (h, m, s) = (h.trim().parse::<u32>().ok()?, m.parse::<u32>().ok()?, s.parse::<f64>().ok()?);
    let good = parts.next().is_none() && h < 24 && m < 60 && (0.0..61.0).contains(&s);
    good.then(|| f64::from(h) * 3600.0 + f64::from(m) * 60.0 + s)
}

/// A clock of the day that goes on after midnight.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Clock {
    first: Option<f64>,
    last: f64,
    days: f64,
}

const DAY: f64 = 86_400.0;

impl Clock {
    /// Seconds since the first reading. A jump back of more than half a day is midnight; a smaller one stays one.
    pub fn since_first(&mut self, of_day: f64) -> f64 {
        let first = *self.first.get_or_insert(of_day);
        if of_day - self.last < -0.5 * DAY {
            self.days += 1.0;
        }
        self.last = of_day;
        // Stamps have microseconds at most: what a difference of large numbers leaves beyond is rounded off.
        ((of_day - first + self.days * DAY) * 1e6).round() / 1e6
    }
}

/// `2014.10.08`, `16/04/'15`, `06-08-2021`, `2021-08-06` as `2014-10-08`; day before month where the year comes last, as these makers write.
pub(super) fn date(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.trim().split(['.', '/', '-']).map(|p| p.trim().trim_start_matches('\'')).collect();
    let [a, b, c] = parts.as_slice() else { return None };
    let (year, month, day) = if a.len() == 4 { (a, b, c) } else { (c, b, a) };
    let year = match year.len() {
        4 => year.parse::<u32>().ok()?,
        2 => 2000 + year.parse::<u32>().ok()?,
        _ => return None,
    };
    let (month, day) = (month.parse::<u32>().ok()?, day.parse::<u32>().ok()?);
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// Date and time of day in one.
pub(super) fn stamp(date_text: &str, time: &str) -> Option<String> {
    of_day(time)?;
    Some(format!("{}T{}", date(date_text)?, time.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_goes_on_after_each_midnight_and_a_small_step_back_stays_one() {
        let mut clock = Clock::default();
        let seen: Vec<f64> = ["23:59:59.5", "00:00:01", "23:00:00", "22:59:59", "00:00:00"]
            .iter()
            .filter_map(|t| of_day(t))
            .map(|t| clock.since_first(t))
            .collect();
        assert_eq!(seen, [0.0, 1.5, 82_800.5, 82_799.5, 86_400.5]);
    }

    #[test]
    fn dates_of_three_makers() {
        assert_eq!(date("2014.10.08").as_deref(), Some("2014-10-08"));
        assert_eq!(date("16/04/'15").as_deref(), Some("2015-04-16"));
        assert_eq!(date("06-08-2021").as_deref(), Some("2021-08-06"));
        assert_eq!((date("13.13.2020"), date("x"), of_day("25:00:00"), of_day("1:2")), (None, None, None, None));
    }
}
