-- Files were moved into quarantine: they aren't images of the collection any more, unless a link was left under the name.
-- What people entered for them stays.
insert into removal_rows (
    plan_id, image_id, goes_with, uri, source, path, checksum, size, mtime_ns, mode, place,
    keeper_id, keeper_uri, keeper_checksum, keeper_content, cluster_id, relation, leaves,
    state, actor, "at", removed_by, removed_at, seq)
select plan_id, image_id, goes_with, uri, source, path, checksum, size, mtime_ns, mode, place,
       keeper_id, keeper_uri, keeper_checksum, keeper_content, cluster_id, relation, leaves,
       'quarantined', actor, "at"::timestamp, actor, "at"::timestamp, seq
from event_rows;

delete from image_facts where image_id in (select image_id from event_rows where leaves = '');
delete from file_problems where image_id in (select image_id from event_rows where leaves = '');
delete from embedded where image_id in (select image_id from event_rows where leaves = '');
delete from keywords where image_id in (select image_id from event_rows where leaves = '');
delete from search_texts where image_id in (select image_id from event_rows where leaves = '');
delete from seen_files where image_id in (select image_id from event_rows where leaves = '');
delete from file_values where image_id in (select image_id from event_rows where leaves = '');
delete from value_conflicts where image_id in (select image_id from event_rows where leaves = '');
delete from sidecar_values where sidecar_id in (select image_id from event_rows where leaves = '');
delete from metadata_wide where image_id in (select image_id from event_rows where leaves = '');
delete from facet_counts where exists (select 1 from event_rows);
delete from cluster_rows where image_id in (select image_id from event_rows where leaves = '');
delete from cluster_rows where cluster_id in (select cluster_id from cluster_rows group by cluster_id having count(*) = 1);
