//! Which parts a consumer takes as pictures.

use super::cause::Cause;
use super::part_head::Fields;
use super::response::type_name;
use super::stop::{Step, dies};

/// How a consumer checks the Content-Type of a part.
#[derive(Debug, Clone, Copy)]
pub struct PartType {
    /// Which values are `image/jpeg`.
    pub check: TypeCheck,
    /// What becomes of a part without a type.
    pub missing: MissingType,
    /// What becomes of another type.
    pub other: OtherType,
}

/// Which values are taken as `image/jpeg`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeCheck {
    /// Any value.
    Any,
    /// The value as a whole.
    Exact,
    /// The value up to a semicolon.
    BeforeParameters,
    /// The value up to a semicolon, in lower case.
    LowerCase,
    /// A value that starts with it.
    Prefix,
}

/// What becomes of a part without a Content-Type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingType {
    /// It is an error.
    Refused,
    /// It has the type of the part before it; without one, it is skipped.
    Inherited,
}

/// What becomes of a part of another type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherType {
    /// It is an error.
    Refused,
    /// It is skipped, but the first part must be a picture.
    SkippedLater,
}

impl PartType {
    /// Looks at no type.
    pub const ANY: Self =
        Self { check: TypeCheck::Any, missing: MissingType::Refused, other: OtherType::Refused };
}

/// What a reader takes a part for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A picture.
    Image,
    /// A picture without a type.
    Untyped,
    /// Text, by its type.
    Text,
    /// Skipped by its type.
    Other,
    /// The same picture again.
    Again,
    /// Not the bytes that came.
    Blank,
}

impl PartType {
    /// What the part with these fields is. `inherited`: the type of the part before it.
    pub(super) fn kind<'a>(
        &self,
        fields: &Fields<'a>,
        inherited: &mut Option<&'a [u8]>,
        is_first: bool,
        reads_fields: bool,
    ) -> Step<Kind> {
        if self.check != TypeCheck::Any {
            let part_type = match self.missing {
                MissingType::Inherited => fields.part_type.or(*inherited),
                MissingType::Refused => fields.part_type,
            };
            *inherited = part_type;
            let refused = match part_type {
                None if self.missing == MissingType::Refused => return dies(Cause::PartType, fields.body),
                None => true,
                Some(value) => !self.check.accepts(value),
            };
            if refused && part_type.is_some() && (self.other == OtherType::Refused || is_first) {
                return dies(Cause::PartType, fields.body);
            }
            if refused {
                return Ok(Kind::Other);
            }
        }
        Ok(match fields.part_type {
            None if reads_fields => Kind::Untyped,
            Some(value) if value.len() >= 4 && value[..4].eq_ignore_ascii_case(b"text") => Kind::Text,
            _ => Kind::Image,
        })
    }
}

impl TypeCheck {
    fn accepts(self, value: &[u8]) -> bool {
        const JPEG: &[u8] = b"image/jpeg";
        match self {
            Self::Any => true,
            Self::Exact => value.eq_ignore_ascii_case(JPEG),
            Self::BeforeParameters => type_name(value).eq_ignore_ascii_case(JPEG),
            Self::LowerCase => type_name(value) == JPEG,
            Self::Prefix => value.len() >= JPEG.len() && value[..JPEG.len()].eq_ignore_ascii_case(JPEG),
        }
    }
}
