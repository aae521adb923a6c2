//! Joins in which a row finds at most one other: the dimensions that are equal on both sides, and which values are NULL
//! where it finds none.

use std::collections::BTreeSet;

use super::{
    Cube, Dimension, Join, JoinPath, Model, Reference, Relationship,
    key::{Operand, equations, stored_in},
};
use crate::{
    name::MemberName,
    template::{Piece, Template},
};

/// Words of SQL that have a value where there is no row.
const VALUES: [&str; 11] = [
    "true",
    "false",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "session_user",
    "localtime",
    "localtimestamp",
    "sysdate",
    "systimestamp",
];

impl Join {
    /// `{a} = {b} AND …` as pairs, seen from the root of the joins, where the way to the join's own cube is `from`; `None`
    /// for any other condition.
    pub fn equalities(&self, from: &JoinPath) -> Option<Vec<[Reference; 2]>> {
        let named = |operand: Operand<'_>| match operand {
            Operand::Member(path, member) => Some(Reference::new(from.then(path), member.clone())),
            Operand::Stored(..) => None,
        };
        let pairs = equations(&self.on)?.into_iter().map(|[one, other]| Some([named(one)?, named(other)?]));
        pairs.collect()
    }
}

impl Reference {
    /// True for a member whose value is that of one column, hence NULL where there is no row.
    pub fn is_column(&self, model: &Model) -> bool {
        let cube = self.member.table();
        if let Some(measure) = model.measure(&self.member) {
            return measure.filters.is_empty()
                && !measure.kind.is_calculated()
                && measure.sql.as_ref().is_none_or(|sql| names_column(sql, cube));
        }
        let dimension = model.dimension(&self.member);
        dimension.and_then(Dimension::row_sql).is_some_and(|sql| names_column(sql, cube))
    }
}

impl Model {
    /// What is equal where a row finds its partner in the cube that a way ends at, the dimension of the partner second.
    /// `None` where it may find several, or where no dimensions tell which: the partner's must be its primary key.
    pub fn partner(&self, way: &JoinPath) -> Option<Vec<[Reference; 2]>> {
        let [front @ .., from, to] = way.cubes() else { return None };
        let front = front.iter().chain([from]).fold(JoinPath::default(), |path, cube| path.join(cube));
        let join = self.join(from, to).filter(|join| join.relationship != Relationship::OneToMany)?;
        let mut pairs = Vec::new();
        for sides in equations(&join.on)? {
            let [one, other] = sides.map(|side| self.key(&side, &front, way));
            let (one, other) = (one?, other?);
            pairs.push(if one.path == *way { [other, one] } else { [one, other] });
        }
        let directed = pairs.iter().all(|[near, far]| near.path == front && far.path == *way);
        let far = pairs.iter().map(|[_, far]| &far.member);
        (directed && self.is_primary_key(to, far)).then_some(pairs)
    }

    /// True when these are the dimensions of a cube's primary key, all of them and no other.
    pub fn is_primary_key<'a>(&self, cube: &str, members: impl Iterator<Item = &'a MemberName>) -> bool {
        let key: BTreeSet<_> =
            self.cube(cube).into_iter().flat_map(Cube::primary_key).map(|key| &key.name).collect();
        !key.is_empty() && key == members.collect()
    }

    /// The dimension on a side of an equation, if a row of its own cube alone says what it is.
    fn key(&self, side: &Operand<'_>, front: &JoinPath, way: &JoinPath) -> Option<Reference> {
        let key = match side {
            Operand::Member(path, member) => Reference::new(front.then(path), (*member).clone()),
            Operand::Stored(cube, column) => {
                let path = [front, way].into_iter().find(|path| path.last().is_some_and(|at| **at == **cube));
                Reference::new(path?.clone(), self.stored_key(cube, column)?)
            }
        };
        let is_own = |reached: &Reference| {
            let sql = self.dimension(&reached.member).and_then(Dimension::row_sql);
            sql.is_some_and(|sql| sql.cubes().all(|cube| cube == key.member.table()))
        };
        key.reached(self).iter().all(is_own).then_some(key)
    }

    /// A dimension that is a column as it is stored; one that rollups list, if there is one.
    fn stored_key(&self, cube: &str, column: &str) -> Option<MemberName> {
        let cube = self.cube(cube)?;
        let of_column = |dimension: &&Dimension| stored_in(dimension) == Some(column);
        let listed = |dimension: &Dimension| {
            let lists = cube.pre_aggregations.iter().flat_map(|rollup| &rollup.dimensions);
            lists.into_iter().any(|listed| listed.member == dimension.name)
        };
        let dimensions = cube.dimensions.values().filter(of_column);
        let best = dimensions.min_by_key(|dimension| (!dimension.primary_key, !listed(dimension)));
        best.map(|dimension| dimension.name.clone())
    }
}

fn names_column(sql: &Template, cube: &str) -> bool {
    let is_name = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'"')
    };
    let is_value = |text: &str| VALUES.iter().any(|value| value.eq_ignore_ascii_case(text));
    match sql.pieces.as_slice() {
        [Piece::Text(text)] => {
            let text = text.trim();
            is_name(text) && !text.starts_with(|c: char| c.is_ascii_digit()) && !is_value(text)
        }
        [Piece::Table(of), Piece::Text(text)] => {
            **of == *cube && text.trim().strip_prefix('.').is_some_and(is_name)
        }
        _ => false,
    }
}
