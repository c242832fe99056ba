-- Files taken out of the collection by de-duplication: where each is now, and what stays in its stead.

create table removal_plans (
    plan_id     varchar   not null,
    action      varchar   not null,     -- quarantine, restore or purge
    what        varchar   not null,
    files       bigint    not null,
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

create table removal_ends (
    plan_id     varchar   not null,
    outcome     varchar   not null,     -- finished, cancelled or recovered
    done        bigint    not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

-- One row a file and removal.
create table removal_rows (
    plan_id         varchar   not null,
    image_id        varchar   not null,
    goes_with       varchar,
    uri             varchar   not null,
    source          varchar   not null,
    path            varchar   not null,
    checksum        varchar   not null,
    size            bigint    not null,
    mtime_ns        bigint    not null,
    mode            bigint    not null,
    place           varchar   not null,
    keeper_id       varchar   not null,
    keeper_uri      varchar   not null,
    keeper_checksum varchar   not null,
    keeper_content  varchar   not null,
    cluster_id      varchar   not null,
    relation        varchar   not null,
    leaves          varchar   not null, -- hardlink or reflink where a link was left under the name, else empty
    state           varchar   not null, -- quarantined, restored or purged
    actor           varchar   not null,
    "at"            timestamp not null, -- of the state
    removed_by      varchar   not null,
    removed_at      timestamp not null,
    seq             bigint    not null
);

-- What wasn't moved, and why.
create table removal_refusals (
    plan_id     varchar   not null,
    image_id    varchar   not null,
    uri         varchar   not null,
    reason      varchar   not null,
    seq         bigint    not null
);

create view removals as
select r.plan_id, r.image_id, r.goes_with, r.uri, r.source, r.path, r.checksum, r.size, r.mtime_ns, r.mode, r.place,
       coalesce(a.image_id, r.keeper_id) as keeper_id, r.keeper_uri, r.keeper_checksum, r.keeper_content,
       r.cluster_id, r.relation, r.leaves, r.state, r.actor, r."at", r.removed_by, r.removed_at
from removal_rows r left join aliases a on a.old_id = r.keeper_id;

create view quarantined as select * from removals where state = 'quarantined';

create view removal_runs as
select p.plan_id, p.action, p.what, p.files, coalesce(e.done, 0) as done, coalesce(e.outcome, 'under way') as outcome,
       p.actor, p."at", e."at" as ended_at
from removal_plans p left join removal_ends e using (plan_id);

create view not_removed as
select p.plan_id, p.action, r.image_id, r.uri, r.reason, p."at"
from removal_refusals r join removal_plans p using (plan_id);

-- A file that was taken out on purpose hasn't vanished.
create or replace view vanished as
select r.image_id, max(r.uri) as uri, arg_max(r.source, r.seq) as source,
       arg_max(r.batch, identity_order(r.seq, r.moved_from)) as batch,
       arg_max(r.size, r.seq) as size, arg_max(r.checksum, r.seq) as checksum,
       arg_max(r.received_at, identity_order(r.seq, r.moved_from)) as received_at
from receipts r
where r.image_id not in (select image_id from seen_files)
  and r.image_id not in (select image_id from scan_listing)
  and r.image_id not in (select old_id from aliases)
  and r.image_id not in (select image_id from removal_rows where state <> 'restored' and leaves = '')
group by r.image_id;

comment on view vanished is 'Files that were there once and are gone: what is known of them.';
comment on column vanished.image_id is 'id it had';
comment on column vanished.uri is 'where it was';
comment on column vanished.source is 'the source';
comment on column vanished.batch is 'the batch';
comment on column vanished.size is 'bytes';
comment on column vanished.checksum is 'SHA-256 of the bytes';
comment on column vanished.received_at is 'when a scan first saw it (UTC)';

comment on view removals is 'Every file that de-duplication ever took out: a row a file and removal, with what became of it.';
comment on column removals.plan_id is 'the removal';
comment on column removals.image_id is 'the image';
comment on column removals.goes_with is 'for a sidecar file: the image it was beside';
comment on column removals.uri is 'where the file was, and goes back to';
comment on column removals.source is 'the source it came from';
comment on column removals.path is 'path inside the source, readable';
comment on column removals.checksum is 'SHA-256 of the bytes, hex';
comment on column removals.size is 'bytes';
comment on column removals.mtime_ns is 'when the file was last changed, nanoseconds since 1970 UTC';
comment on column removals.mode is 'permissions';
comment on column removals.place is 'where it lies in quarantine, inside the workspace or as a URI';
comment on column removals.keeper_id is 'the image that stays in its stead';
comment on column removals.keeper_uri is 'where that was';
comment on column removals.keeper_checksum is 'its SHA-256 then';
comment on column removals.keeper_content is 'what stood for its picture';
comment on column removals.cluster_id is 'the cluster of duplicates';
comment on column removals.relation is 'what tied it to the keeper; sidecar for a file that went along';
comment on column removals.leaves is 'hardlink or reflink: a link to the keeper was left under its name; else empty';
comment on column removals.state is 'quarantined, restored or purged';
comment on column removals.actor is 'who brought it there';
comment on column removals."at" is 'when (UTC)';
comment on column removals.removed_by is 'who took it out';
comment on column removals.removed_at is 'when (UTC)';

comment on view quarantined is 'Files in quarantine now: they can be restored.';
comment on column quarantined.plan_id is 'the removal';
comment on column quarantined.image_id is 'the image';
comment on column quarantined.goes_with is 'for a sidecar file: the image it was beside';
comment on column quarantined.uri is 'where the file was, and goes back to';
comment on column quarantined.source is 'the source it came from';
comment on column quarantined.path is 'path inside the source, readable';
comment on column quarantined.checksum is 'SHA-256 of the bytes, hex';
comment on column quarantined.size is 'bytes';
comment on column quarantined.mtime_ns is 'when the file was last changed, nanoseconds since 1970 UTC';
comment on column quarantined.mode is 'permissions';
comment on column quarantined.place is 'where it lies in quarantine, inside the workspace or as a URI';
comment on column quarantined.keeper_id is 'the image that stays in its stead';
comment on column quarantined.keeper_uri is 'where that was';
comment on column quarantined.keeper_checksum is 'its SHA-256 then';
comment on column quarantined.keeper_content is 'what stood for its picture';
comment on column quarantined.cluster_id is 'the cluster of duplicates';
comment on column quarantined.relation is 'what tied it to the keeper; sidecar for a file that went along';
comment on column quarantined.leaves is 'hardlink or reflink: a link to the keeper was left under its name; else empty';
comment on column quarantined.state is 'quarantined';
comment on column quarantined.actor is 'who took it out';
comment on column quarantined."at" is 'when (UTC)';
comment on column quarantined.removed_by is 'who took it out';
comment on column quarantined.removed_at is 'when (UTC)';

comment on view removal_runs is 'Removals, restorations and purges: a row each.';
comment on column removal_runs.plan_id is 'the run';
comment on column removal_runs.action is 'quarantine, restore or purge';
comment on column removal_runs.what is 'what it was about, in words';
comment on column removal_runs.files is 'how many files were planned';
comment on column removal_runs.done is 'of how many it was done';
comment on column removal_runs.outcome is 'finished, cancelled, recovered (after it was killed) or under way';
comment on column removal_runs.actor is 'who';
comment on column removal_runs."at" is 'when it began (UTC)';
comment on column removal_runs.ended_at is 'when it ended (UTC)';

comment on view not_removed is 'Files that weren''t moved although it was planned, and why.';
comment on column not_removed.plan_id is 'the run';
comment on column not_removed.action is 'quarantine, restore or purge';
comment on column not_removed.image_id is 'the image';
comment on column not_removed.uri is 'where its file is';
comment on column not_removed.reason is 'why, in a sentence';
comment on column not_removed."at" is 'when the run began (UTC)';
