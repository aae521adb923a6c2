//! The cubes of a query apart from each other: the columns that its parts are asked by.
//!
//! Keys of joins are columns here whether callers may name them or not. Their names have a space, which no member's has,
//! and the model that knows them is the gateway's own: no statement is read with it.

use std::collections::{BTreeMap, HashMap};

use super::{Column, ColumnKind, DimensionType, JoinPath, JoinTree, Model, Reference, cube_columns};
use crate::{name::MemberName, query::SemanticQuery, types::ArrowType};

/// More joins than this are cut one by one or all at once; fewer in every way.
const MAX_JOINS: usize = 4;

/// A query's cubes in parts, each of which is a query by itself. The rows of the first part are kept; of another part each
/// of them finds one at most.
#[derive(Debug, Clone)]
pub struct Apart {
    /// The same model, but that the query's table has the members of the query alone, each seen from where its part
    /// begins, and the keys.
    pub model: Model,
    /// The joins between parts: the first leads to part 1.
    pub cuts: Vec<JoinCut>,
    places: HashMap<MemberName, usize>,
}

/// A join between two parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinCut {
    /// The way to the cube behind it, from the query's root on.
    pub way: JoinPath,
    /// The part in front of it.
    pub from: usize,
    /// Columns of that part, each with the part of the primary key behind the join that it equals.
    pub keys: Vec<[MemberName; 2]>,
}

impl Apart {
    /// Every way to take a query apart, those with fewer parts first; none where its members are reached on several ways
    /// or in joins that repeat rows, or have a value where there is no row. Keys that no pre-aggregation lists cut nothing.
    pub fn all<'m>(query: &SemanticQuery, model: &'m Model) -> impl Iterator<Item = Self> + use<'m> {
        let reached = Reached::of(query, model);
        reached.into_iter().flat_map(|reached| {
            let ways = reached.ways.values().filter(|way| reached.is_stored(way));
            let mut ways: Vec<_> = ways.cloned().collect();
            ways.sort_by_key(|way| way.cubes().len());
            sets(ways.len()).into_iter().filter_map(move |set| {
                let chosen = ways.iter().enumerate().filter(|(place, _)| set & (1 << place) != 0);
                reached.cut(&chosen.map(|(_, way)| way.clone()).collect::<Vec<_>>())
            })
        })
    }

    /// The part that a member of the query belongs to.
    pub fn part(&self, member: &MemberName) -> Option<usize> {
        self.places.get(member).copied()
    }
}

/// The members of a query, and the ways to their cubes.
struct Reached<'m> {
    model: &'m Model,
    table: String,
    columns: Vec<&'m Column>,
    /// By the cube that each ends at, the root's own not among them.
    ways: BTreeMap<String, JoinPath>,
}

impl<'m> Reached<'m> {
    fn of(query: &SemanticQuery, model: &'m Model) -> Option<Self> {
        let mut members = Vec::new();
        query.members(|member| members.push(member));
        let table = members.first()?.table().to_owned();
        let mut columns: Vec<&Column> = Vec::new();
        for member in members {
            let column = model.column(member).filter(|_| member.table() == table)?;
            if !columns.iter().any(|known| known.member == column.member) {
                columns.push(column);
            }
        }
        let mut ways = BTreeMap::new();
        for column in &columns {
            let mut way = JoinPath::default();
            for cube in column.source.path.cubes() {
                way = way.join(cube);
                if *ways.entry(cube.to_string()).or_insert_with(|| way.clone()) != way {
                    return None;
                }
            }
        }
        let roots = ways.values().filter(|way| way.cubes().len() == 1).count();
        ways.retain(|_, way| way.cubes().len() > 1);
        (roots == 1).then_some(Self { model, table, columns, ways })
    }

    /// Whether a row finds one partner at most at the end of a way, by keys that pre-aggregations list.
    fn is_stored(&self, way: &JoinPath) -> bool {
        let model = self.model;
        let lists = |key: &Reference| {
            let holds = model.pre_aggregations().filter_map(|rollup| model.holds(&rollup.name));
            holds.into_iter().any(|holds| holds.any(&key.member).is_some())
        };
        let keys = model.partner(way);
        keys.is_some_and(|keys| keys.iter().flatten().all(lists))
    }

    /// The query cut at the ends of these ways, shorter ones first.
    fn cut(&self, ways: &[JoinPath]) -> Option<Apart> {
        let mut columns = self.members(ways)?;
        let places = columns.iter().map(|(place, column)| (column.member.clone(), *place)).collect();
        let cuts = self.cuts(ways, &mut columns)?;
        // A part behind a cut has one row for each of its key.
        let repeats = |(at, way): (usize, &JoinPath)| {
            let of_part = columns.iter().filter(|(place, _)| *place == at + 1);
            let tree = JoinTree::of(of_part.map(|(_, column)| &column.source.path));
            let root = way.last();
            root.is_none_or(|root| tree.cubes().any(|cube| tree.repeats(root, cube, self.model)))
        };
        if ways.iter().enumerate().any(repeats) {
            return None;
        }
        let columns = columns.into_iter().map(|(_, column)| column).collect();
        Some(Apart { model: self.model.with_parts(&self.table, columns)?, cuts, places })
    }

    /// The members of the query with their parts, where those behind cuts are NULL when there is no row.
    fn members(&self, ways: &[JoinPath]) -> Option<Vec<(usize, Column)>> {
        let mut columns = Vec::new();
        for column in &self.columns {
            let place = place(&column.source.path, ways);
            if place > 0 && (column.is_measure() || !column.source.is_column(self.model)) {
                return None;
            }
            columns.push((place, Column { source: seen(&column.source, ways), ..(*column).clone() }));
        }
        Some(columns)
    }

    /// The cuts, whose keys are added to the columns of the parts.
    fn cuts(&self, ways: &[JoinPath], columns: &mut Vec<(usize, Column)>) -> Option<Vec<JoinCut>> {
        let (mut cuts, mut number) = (Vec::new(), 0);
        for way in ways {
            let (mut keys, mut from) = (Vec::new(), 0);
            for [near, far] in self.model.partner(way)? {
                if self.column_of(&near)?.data_type != self.column_of(&far)?.data_type {
                    return None;
                }
                number += 1;
                from = place(&near.path, ways);
                let near = self.key(&format!("foreign key {number}"), &seen(&near, ways))?;
                let far = self.key(&format!("primary key {number}"), &seen(&far, ways))?;
                keys.push([near.member.clone(), far.member.clone()]);
                columns.extend([(from, near), (place(way, ways), far)]);
            }
            cuts.push(JoinCut { way: way.clone(), from, keys });
        }
        Some(cuts)
    }

    /// A key as a column. Numbers that nothing narrows are read as whole ones: two that floating point does not tell apart
    /// are two keys.
    fn key(&self, name: &str, key: &Reference) -> Option<Column> {
        let column = self.column_of(key)?;
        let data_type = match (column.kind, column.data_type) {
            (ColumnKind::Dimension(DimensionType::Number), ArrowType::Float64) => ArrowType::Int64,
            (ColumnKind::Dimension(DimensionType::Number), number) if number.is_number() => number,
            (ColumnKind::Dimension(DimensionType::String), ArrowType::Utf8) => ArrowType::Utf8,
            _ => return None,
        };
        Some(Column { member: MemberName::new(&self.table, name), data_type, ..column })
    }

    /// A dimension as a column, whether callers see it or not.
    fn column_of(&self, key: &Reference) -> Option<Column> {
        let cube = self.model.cube(key.member.table())?;
        let found = cube_columns(cube, &key.path, &self.table).find(|(column, _)| column.source == *key);
        found.map(|(column, _)| column)
    }
}

/// Sets of joins to cut at, as bits, smaller ones first.
fn sets(joins: usize) -> Vec<u32> {
    let Some(end) = u32::try_from(joins).ok().and_then(|joins| 1_u32.checked_shl(joins)) else {
        return Vec::new();
    };
    let mut sets: Vec<u32> = match joins {
        ..=MAX_JOINS => (1..end).collect(),
        _ => (0..joins).map(|place| 1 << place).chain([end - 1]).collect(),
    };
    sets.sort_by_key(|set| set.count_ones());
    sets
}

/// The part that the end of a way is in.
fn place(path: &JoinPath, ways: &[JoinPath]) -> usize {
    let leads = |way: &JoinPath| path.cubes().starts_with(way.cubes());
    ways.iter().rposition(leads).map_or(0, |place| place + 1)
}

/// A member seen from where its part begins.
fn seen(reference: &Reference, ways: &[JoinPath]) -> Reference {
    let begins = place(&reference.path, ways).checked_sub(1).map_or(0, |way| ways[way].cubes().len() - 1);
    let path = reference.path.cubes()[begins..].iter();
    let path = path.fold(JoinPath::default(), |path, cube| path.join(cube));
    Reference::new(path, reference.member.clone())
}

#[cfg(test)]
mod tests {
    use super::sets;

    #[test]
    fn few_joins_are_cut_in_every_way_and_many_one_by_one_or_all() {
        assert_eq!(sets(0), [0; 0]);
        assert_eq!(sets(3), [1, 2, 4, 3, 5, 6, 7]);
        assert_eq!(sets(5), [1, 2, 4, 8, 16, 31]);
        assert_eq!(sets(31).len(), 32);
        assert_eq!(sets(32), [0; 0]);
    }
}
