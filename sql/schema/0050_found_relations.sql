-- The kind of duplicates that was found is told also where a person called them duplicates.

-- Whether a person said so; NULL in rows from before, whose relation was overwritten by that.
alter table cluster_rows add column said boolean;

create or replace view duplicate_clusters as
select c.cluster_id,
       arg_max(c.relation, relation_rank(c.relation)) as relation,
       count(*) as images,
       sum(f.size)::bigint as bytes,
       coalesce(sum(f.size) filter (c.role = 'redundant'), 0)::bigint as bytes_to_gain,
       min(c.image_id) filter (c.role = 'keeper') as keeper,
       coalesce(any_value(d.decision), case when bool_and(c.role = 'keeper' or coalesce(c.said, c.relation = 'duplicate')) then 'decided' else 'open' end) as state,
       any_value(d.actor) filter (d.decision <> 'open') as decided_by,
       any_value(d."at") filter (d.decision <> 'open') as decided_at,
       1 - min(c.score) as uncertainty
from cluster_rows c join image_facts f on f.image_id = c.image_id and f.checksum = c.checksum
left join last_cluster_decisions d on d.cluster_id = c.cluster_id
group by c.cluster_id
having count(*) > 1 and count(*) filter (c.role = 'keeper') = 1;

comment on view duplicate_clusters is 'Groups of duplicates, of each of which one image stays: a row a cluster.';
comment on column duplicate_clusters.cluster_id is '16 hex digits, derived from the contents: the same whenever the same images meet';
comment on column duplicate_clusters.relation is 'the weakest relation that holds it together: exact, same-picture, fuzzy, content, or duplicate where only a person says so';
comment on column duplicate_clusters.images is 'how many images';
comment on column duplicate_clusters.bytes is 'bytes of all its files';
comment on column duplicate_clusters.bytes_to_gain is 'bytes of the redundant ones';
comment on column duplicate_clusters.keeper is 'the image that stays';
comment on column duplicate_clusters.state is 'open, decided or skipped';
comment on column duplicate_clusters.decided_by is 'who decided or skipped it';
comment on column duplicate_clusters.decided_at is 'when (UTC)';
comment on column duplicate_clusters.uncertainty is '0 where everything is proved, towards 1 where least is sure';
comment on column cluster_members.relation is 'what was found to tie it to the keeper; duplicate where only a person says so; of the keeper: the weakest in the cluster';
