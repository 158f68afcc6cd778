//! Vector tiles: a pure function of snapshot, layers and tile.
