//! JPEG structure (ITU-T T.81 Annex B and F) without pixels.
