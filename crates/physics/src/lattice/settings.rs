//! The lattice engine in a protocol, as declared parameters.

use pentatwin_units::{Kind, Status, parameters, words};

words! {
    /// Which lattice engine follows the tip of a heated wire.
    pub enum Method {
        /// None.
        Off = "off",
        /// Atoms only leave.
        Evaporation = "evaporation",
        /// Atoms leave their place and settle on their own piece, or are lost.
        Exchange = "exchange",
    }
}

words! {
    /// What the lattice engine starts from.
    pub enum Begin {
        /// The outline that the wire engine has at its first break.
        Wire = "wire",
        /// A flat cut end.
        Cut = "cut",
        /// A rounded end.
        Rounded = "rounded",
        /// A cut end with a groove around it.
        Notched = "notched",
    }
}

words! {
    /// How far a coarse state is refined.
    pub enum Refine {
        /// Not at all: no atoms, no high-resolution images.
        Off = "off",
        /// The end of the tip, to atoms.
        Tip = "tip",
        /// Atoms from the start.
        Full = "full",
    }
}

parameters! {
    /// The lattice engine: a section of the wire, atom by atom, at the temperature of the hottest hold. Section `lattice`.
    pub struct Lattice {
        /// Which engine
        engine: Method = Kind::Choice(Method::WORDS), "off", from(Status::Choice, "lattice.md section 2: exchange for heated silver");
        /// What it starts from
        start: Begin = Kind::Choice(Begin::WORDS), "wire", from(Status::Choice, "the wire engine hands its tip over");
        /// How much coarser than atoms the lattice is
        coarsening: usize = Kind::Count, "4", limits("1", "16"), from(Status::Choice, "lattice.md section 8: 62 shells instead of 246, the same kT over bond energy");
        /// How far the result is refined
        refine: Refine = Kind::Choice(Refine::WORDS), "tip", from(Status::Choice, "lattice.md section 8");
        /// Length of wire behind the tip that can move; beyond it the wire is held
        length: f64 = Kind::Quantity("nm"), "160 nm", limits("10 nm", "10 um"), range("100 nm", "600 nm"), from(Status::Assumption, "the tip recedes in proportion to it, as the sides feed the tip; diffusion reaches 585 nm at 750 degC in 300 s (lattice.md section 6)");
        /// Time it is followed from reaching the hottest hold
        time: f64 = Kind::Quantity("s"), "40 s", limits("0 s", "1e6 s"), from(Status::Choice, "two to three minutes of computing with the default lattice");
        /// Atoms that settle for each that is lost, per shell
        settling: f64 = Kind::Quantity("1"), "8", limits("0", "1000"), range("8", "16"), from(Status::Choice, "lattice.md section 8: facets need 8; chosen by convergence of the shape, not by the paper");
        /// How much more often than kinks adatoms may move
        class_factor: f64 = Kind::Quantity("1"), "10", limits("1", "1e6"), from(Status::Choice, "lattice.md section 2B: leaves the equilibrium alone");
        /// Exchanges that relax each refined lattice, per surface site
        relaxation: f64 = Kind::Quantity("1"), "60", limits("0", "1e5"), from(Status::Choice, "smooths the coarse steps");
        /// Whether high-resolution images of the tip are made
        images: bool = Kind::Flag, "true", from(Status::Choice, "Figure 3e, f");
        /// Temperature of the tip in those images
        imaged_at: f64 = Kind::Quantity("degC"), "25 degC", limits("-50 degC", "900 degC"), from(Status::Assumption, "the paper does not say; at 750 degC all spacings are 1.6 % larger");
        /// Most memory that the lattice may take, in MB
        memory: usize = Kind::Count, "4000", limits("10", "1000000"), from(Status::Choice, "estimated before anything is made");
    }
}
