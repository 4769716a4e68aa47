//! The model as a SPICE subcircuit: the same right-hand sides as behavioural sources (ngspice 36 and later).

use std::fmt::Write;

use super::CompactGap;
use super::rates::{BLEND, BLEND_CONTACT, FLOOR, HOTTEST, MOST, Rates, WIDEST};
use crate::materials::constants::{G0, KB_EV};

/// A test bench for the subcircuit: a source that goes up and down once.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Deck {
    /// Highest voltage [V].
    pub top: f64,
    /// Rate [V/s].
    pub rate: f64,
    /// Resistance in series [Ω].
    pub series: f64,
    /// Longest step of the simulator, as a change of voltage [V].
    pub step: f64,
}

/// The subcircuit `name`, with the states as nodes `l` (L in nm) and `w`, both against ground. Pins: silver side, inert side, l, w.
///
/// Width, temperature, scatter and barriers are those of `gap`. `tk` (temperature of the contacts [K]), `advance` (the front's speed at no
/// barrier [nm/s]: divide it by exp(scatter) for another device), `leave` (barrier [eV]), `l0` and `w0` (the states at the start) can be
/// given anew with each instance.
pub fn subcircuit(gap: &CompactGap, name: &str) -> String {
    let r: &Rates = gap.rates();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let mut out = String::new();
    let settings = gap.settings();
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "* Rewired silver nanogap, compact model of pentatwin {} (exploratory; fitted to its rewiring engine)",
        env!("CARGO_PKG_VERSION")
    );
    let _ = writeln!(
        out,
        "* gap {:.4} nm, {:.2} K, {}, ln(atoms for each length) {:+.4} from the mean device's",
        r.gap,
        r.temperature,
        settings.surroundings.word(),
        gap.scatter()
    );
    let _ = writeln!(
        out,
        "* pins: silver side, inert side, L [V for nm], w [V for 1: the conductance over 2e2/h]; time in s, + on the silver side"
    );
    let _ = writeln!(
        out,
        "* tighten the simulator: .options reltol=1e-5 abstol=1e-16 vntol=1e-9, and a step of 1 mV of the sweep or less; start with uic"
    );
    let _ = writeln!(
        out,
        ".subckt {name} ag pt l w params: tk={:?} advance={:?} leave={:?} l0={:?} w0={:?}",
        r.temperature,
        r.advance,
        r.leave,
        gap.state().front * 1e9,
        gap.state().contact
    );
    for (key, value) in [
        ("d", r.gap),
        ("narrow", r.narrow),
        ("tunnel", r.tunnel),
        ("reach", r.reach),
        ("cap", r.reach_cap),
        ("growth", r.growth),
        ("lower", r.leave - r.leave_link),
        ("len", r.length),
        ("links", r.links),
        ("decay", r.decay),
        ("edecay", r.decay_energy),
        ("warm", r.warming),
        ("kap", r.two_kappa),
        ("bend", r.bend),
        ("contact", super::rates::CONTACT_NM),
        ("kb", KB_EV),
        ("g0", G0),
    ] {
        let _ = writeln!(out, ".param {key}={value:?}");
    }
    // Functions, not nodes: so that the simulator's Newton sees each law as one function of the terminals and the two states.
    let functions = [
        // What tunnels [nm]; what the voltage law adds to Ohm's, straight beyond the clamp; the conductance; the current.
        format!("open(l,w) = max(1-w,0)*tunnel+max(d-l-narrow-{BLEND:?},0)"),
        format!("form(u) = u<1e-3 ? 1+u*u/6 : (sinh(min(u,{MOST:?}))+cosh(min(u,{MOST:?}))*max(u-{MOST:?},0))/max(u,1e-3)"),
        "amount(l,w) = g0*max(w,1)*exp(-min(kap*open(l,w),600))".to_owned(),
        "current(v,l,w) = v*amount(l,w)*form(bend*open(l,w)*abs(v))".to_owned(),
        // Front: forward while there is room before the contact, backward while there is a chain.
        format!("room(v,l) = min(max((v>0 ? d-l-narrow : l)/{BLEND:?},0),1)"),
        format!("give(b,kt,v) = exp(-max(b,{FLOOR:?})/kt)*(1-exp(-v/kt))"),
        "front(v,l) = sgn(v)*room(v,l)*advance*give(leave-reach*abs(v)/(d-l+cap),kb*tk,abs(v))".to_owned(),
        // Contact.
        format!("warmer(v,l,w) = w>0 ? min(tk+warm*v*current(v,l,w),{HOTTEST:?}) : tk"),
        format!("there(w) = min(max(w/{BLEND_CONTACT:?},0),1)"),
        format!("part(v,l,w) = v>0 ? (w<{WIDEST:?} ? max(min(max(1-(d-l-narrow)/{BLEND:?},0),1),min(2*w,1)) : 0) : there(w)"),
        "share(v,w) = abs(v)/(1+(links-1)*exp(-kap*max(1-w,0)*tunnel))".to_owned(),
        "grow(v,l,w,t) = sgn(v)*part(v,l,w)*growth*give(leave-lower-len*share(v,w)/(len+contact+max(1-w,0)*tunnel),kb*t,share(v,w))"
            .to_owned(),
        "fade(w,t) = there(w)*decay*exp(-edecay/kb*(1/t-1/300))/max(w,1)".to_owned(),
    ];
    for f in functions {
        let (head, body) = f.split_once(" = ").unwrap_or_default();
        let _ = writeln!(out, ".func {head} {{{body}}}");
    }
    let v = "V(ag,pt)";
    let _ = writeln!(out, "Bi ag pt I = current({v},V(l),V(w))");
    // A nanofarad for each state: then a simulator's usual resolution of charge (1e-14 C) is 1e-5 of a nanometre and of w.
    let _ = writeln!(out, "Bl 0 l I = 1e-9*front({v},V(l))\nCl l 0 1n IC={{l0}}\nRl l 0 1e18");
    let _ = writeln!(out, "Bt t 0 V = warmer({v},V(l),V(w))");
    let _ = writeln!(out, "Bw 0 w I = 1e-9*(grow({v},V(l),V(w),V(t))-fade(V(w),V(t)))\nCw w 0 1n IC={{w0}}\nRw w 0 1e18");
    let _ = writeln!(out, ".ends {name}");
    out
}

/// A whole file to run: the subcircuit, a source before a resistance that goes up and down once, and a table `compact.csv` of time, source's
/// voltage, current, L and w.
pub fn deck(gap: &CompactGap, deck: &Deck) -> String {
    let up = (deck.top / deck.rate).abs();
    let step = (deck.step / deck.rate).abs();
    let mut out = String::from("Rewired silver nanogap: 0 - V - 0\n");
    out += &subcircuit(gap, "rewired_gap");
    let _ = write!(
        out,
        "Vs s 0 PWL(0 0 {up:?} {:?} {:?} 0)\nRs s a {:?}\nXg a 0 l w rewired_gap\n\
         .options reltol=1e-5 abstol=1e-16 vntol=1e-9\n\
         .tran {step:?} {:?} 0 {step:?} uic\n.control\nset wr_singlescale\nset wr_vecnames\nset numdgt=9\nrun\n\
         wrdata compact.csv v(s) i(vs) v(l) v(w)\nquit\n.endc\n.end\n",
        deck.top,
        2.0 * up,
        deck.series.max(1e-3),
        2.0 * up,
    );
    out
}
