//! Electron scattering by single atoms: Lobato & Van Dyck, Acta Cryst. A70, 636 (2014).

use pentatwin_physics::materials::constants::{E, ELECTRON_MASS, H};
use pentatwin_physics::materials::silver::T_MELT;
use std::f64::consts::PI;

/// An element of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Element {
    /// Carbon.
    Carbon,
    /// Nitrogen.
    Nitrogen,
    /// Oxygen.
    Oxygen,
    /// Silicon.
    Silicon,
    /// Silver.
    Silver,
    /// Platinum.
    Platinum,
}

/// f(k) = Σ a (2 + b k²)/(1 + b k²)², a [Å], b [Å²], k = 2 sin θ/λ [1/Å].
struct Row {
    name: &'static str,
    a: [f64; 5],
    b: [f64; 5],
    /// Debye–Waller factor B at 293 K [Å²].
    debye_waller: f64,
    /// Above it there is no crystal [K].
    melting: f64,
}

/// The published table (Lobato & Van Dyck 2014, table 2) for these elements, the digits as abTEM 1.0.11 ships them. Debye–Waller factors:
/// silver imaging.md 2.5; platinum and silicon International Tables class values, recalled; C, N and O in solids: assumption.
#[rustfmt::skip]
static TABLE: [Row; 6] = [
    Row { name: "carbon",
        a: [124.466088621343, -220.352857078963, 195.235352280479, -98.1079361269799, 0.0142023041213623],
        b: [2.42120849256005, 2.30537943752425, 2.04851932106564, 1.93352552917547, 0.0768976818478339],
        debye_waller: 0.5, melting: 3900.0 },
    Row { name: "nitrogen",
        a: [58.1327150702556, -147.542409087812, 130.143065649639, -39.6195674084154, 0.010595776333148],
        b: [1.70044856413471, 1.5590385260174, 1.41576827473146, 1.27841818205455, 0.0565587798474805],
        debye_waller: 0.5, melting: 2170.0 },
    Row { name: "oxygen",
        a: [29.9474045242362, -77.6101266255278, 99.8817764623144, -51.2127005505673, 0.00819618954446032],
        b: [1.3028398788001, 1.15794105258309, 1.00988549338025, 0.943327971433266, 0.0433197611321825],
        debye_waller: 0.5, melting: 1980.0 },
    Row { name: "silicon",
        a: [2.87189142611612, -2.06173501195173, 2.17114024204478, -0.0663073633058801, 0.00301070709670513],
        b: [5.08487103642989, 0.429178185305126, 0.366485434192162, 0.119710611296903, 0.0143994536128397],
        debye_waller: 0.46, melting: 1687.0 },
    Row { name: "silver",
        a: [1.55317216680389, 2.63930364699988, 0.142015486956788, 0.0010085046009976, 1.9463842997e-07],
        b: [8.15620235758956, 1.21600887481801, 0.0790098864915873, 0.00296547901363949, 0.00017459309591915],
        debye_waller: 0.75, melting: T_MELT },
    Row { name: "platinum",
        a: [2.04021563975728, 2.89922634624825, 0.636344083815797, 0.0132071919595408, 5.673821925001e-05],
        b: [6.65819429609627, 1.41337923778932, 0.174000104502179, 0.010068780453021, 0.00040307710569222],
        debye_waller: 0.37, melting: 2041.0 },
];

/// Temperature of the Debye–Waller factors of the table [K].
const ROOM: f64 = 293.0;
/// Debye temperature of silver (physics.md 1.1) [K]; below it B is held, for atoms do not come to rest.
const DEBYE: f64 = 235.0;

impl Element {
    /// All of them.
    pub const ALL: [Element; 6] =
        [Element::Carbon, Element::Nitrogen, Element::Oxygen, Element::Silicon, Element::Silver, Element::Platinum];

    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Where it (carbon, silicon, silver, platinum) or its compound with silicon (nitrogen, oxygen) melts or decomposes [K].
    pub fn melting(self) -> f64 {
        self.row().melting
    }

    /// Debye–Waller factor B = 8π² ⟨u²⟩ at 293 K [m²], ⟨u²⟩ along one axis.
    pub fn debye_waller(self) -> f64 {
        self.row().debye_waller * 1e-20
    }

    /// Scattering factor for electrons in Born's approximation, without relativistic mass [m], at a frequency k = 2 sin θ/λ [1/m].
    pub fn scattering_factor(self, k: f64) -> f64 {
        let k2 = k * k * 1e-20;
        let row = self.row();
        let sum: f64 = row.a.iter().zip(&row.b).map(|(a, b)| a * (2.0 + b * k2) / (1.0 + b * k2).powi(2)).sum();
        sum * 1e-10
    }

    /// Fourier transform of the projected potential, h²/(2π m e) f(k) [V m³].
    pub fn projected(self, k: f64) -> f64 {
        H * H / (2.0 * PI * ELECTRON_MASS * E) * self.scattering_factor(k)
    }

    /// Potential projected along the beam at a distance r > 0 from the axis through a resting atom [V m]; infinite at r = 0.
    ///
    /// The transform of (2 + b k²)/(1 + b k²)² in two dimensions is (2π/b) K0(c r) + (π/b) c r K1(c r), c = 2π/√b.
    pub fn projected_potential(self, r: f64) -> f64 {
        let r = r.abs() * 1e10;
        let row = self.row();
        let sum: f64 = row
            .a
            .iter()
            .zip(&row.b)
            .map(|(a, b)| {
                let x = 2.0 * PI * r / b.sqrt();
                let [k0, k1] = bessel_k(x);
                a * PI / b * (2.0 * k0 + x * k1)
            })
            .sum();
        // The sum is in Å/Å².
        H * H / (2.0 * PI * ELECTRON_MASS * E) * sum * 1e10
    }
}

/// Debye–Waller factor at a temperature [K] from that at 293 K: proportional to T above silver's Debye temperature, held below it.
pub fn debye_waller_at(room: f64, temperature: f64) -> f64 {
    room * temperature.max(DEBYE) / ROOM
}

/// Modified Bessel functions K0 and K1 of x > 0: ∫ exp(-x cosh t) cosh(n t) dt by the trapezoid rule, which converges exponentially.
fn bessel_k(x: f64) -> [f64; 2] {
    if !(x > 0.0) {
        return [f64::INFINITY; 2];
    }
    let step = 1.0 / 16.0;
    let mut sum = [0.5 * (-x).exp(); 2];
    let mut k = 1.0;
    loop {
        let c = f64::cosh(k * step);
        let e = (-x * c).exp();
        sum[0] += e;
        sum[1] += e * c;
        if x * c > 750.0 {
            return sum.map(|s| s * step);
        }
        k += 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bessel_functions_of_the_handbook() {
        // Abramowitz & Stegun, table 9.8.
        for (x, k0, k1) in
            [(0.1, 2.427_069_024_7, 9.853_844_780_9), (1.0, 0.421_024_438_2, 0.601_907_230_2), (5.0, 0.003_691_098_3, 0.004_044_613_4)]
        {
            let [a, b] = bessel_k(x);
            assert!((a / k0 - 1.0).abs() < 1e-7 && (b / k1 - 1.0).abs() < 1e-7, "{x} {a} {b}");
        }
    }

    #[test]
    fn forward_scattering_of_the_literature() {
        // Doyle & Turner (1968) f(0) in Å: Si 5.828, Ag 8.671. The fit of Lobato & Van Dyck is to other data: 1 %.
        for (element, f0) in [(Element::Silver, 8.671), (Element::Silicon, 5.828)] {
            assert!((element.scattering_factor(0.0) * 1e10 / f0 - 1.0).abs() < 0.01, "{element:?}");
        }
    }

    #[test]
    fn potential_and_form_factor_are_a_pair() {
        // f(k) = ∫ 2π r v(r) J0(2π k r) dr at k = 0 and k = 5/nm, the Bessel function by its integral.
        for element in Element::ALL {
            for k in [0.0, 5e9] {
                let (mut sum, ratio) = (0.0, 1.01f64);
                let mut r = 1e-15;
                while r < 3e-9 {
                    let j0 = (0..200).map(|i| (2.0 * PI * k * r * ((i as f64 + 0.5) * PI / 200.0).sin()).cos()).sum::<f64>() / 200.0;
                    sum += 2.0 * PI * r * r * element.projected_potential(r) * j0 * ratio.ln();
                    r *= ratio;
                }
                assert!((sum / element.projected(k) - 1.0).abs() < 1e-4, "{element:?} {k}: {}", sum / element.projected(k));
            }
        }
    }

    #[test]
    fn atoms_move_three_and_a_half_times_as_much_at_750_degrees() {
        assert!((debye_waller_at(1.0, 1023.15) - 3.49).abs() < 0.01);
        assert_eq!(debye_waller_at(1.0, 10.0), debye_waller_at(1.0, 200.0));
    }
}
