//! Reads the folders of views.

use super::{map::Map, naming::titled, node::Node, policy::Find};
use crate::model::{Folder, FolderItem, FolderItems, JoinPath};

/// Reads a folder with all that is in it.
pub(super) fn read(node: &Node<'_>, find: &Find<'_>) -> Option<Folder> {
    let (map, name) = titled(node)?;
    folder(&map, name, find)
}

fn folder(map: &Map<'_>, name: String, find: &Find<'_>) -> Option<Folder> {
    let title = map.text("title");
    let includes = map.required("includes").map(|node| items(&node, find));
    map.finish();
    Some(Folder { name, title, includes: includes? })
}

fn items(node: &Node<'_>, find: &Find<'_>) -> FolderItems {
    let nodes = node.one_or_many();
    if nodes.iter().any(|node| node.is("*")) {
        return FolderItems::All;
    }
    FolderItems::Some(nodes.iter().filter_map(|node| item(node, find)).collect())
}

fn item(node: &Node<'_>, find: &Find<'_>) -> Option<FolderItem> {
    if !node.is_mapping() {
        return Some(FolderItem::Member(find(node)?.member().to_owned()));
    }
    let map = node.map()?;
    let Some(path) = map.text("join_path") else { return read(node, find).map(FolderItem::Folder) };
    map.finish();
    let join_path = path.split('.').fold(JoinPath::default(), |path, cube| path.join(cube.trim()));
    Some(FolderItem::Part { join_path })
}
