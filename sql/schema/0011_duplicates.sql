-- Duplicates: pairs of images, what people decided about them, and the clusters they make. Pairs and clusters can be found
-- again at any time with the settings that the ledger keeps; the decisions come from the ledger.

-- What stands for an image's content wherever its file is.
create macro content_key(picture_hash, checksum) as coalesce(picture_hash, checksum);

-- How strong a relation is: where several are known of one pair, the first counts. That two files are two shots, or belong
-- together, outweighs any likeness; that they are the same to the byte or pixel outweighs everything.
create macro relation_rank(relation) as
    case relation when 'exact' then 1 when 'same-picture' then 2 when 'companion' then 3 when 'burst' then 4 when 'fuzzy' then 5
    when 'content' then 6 when 'variant' then 7 else 8 end;

create macro is_duplicate(relation) as relation in ('exact', 'same-picture', 'fuzzy', 'content', 'duplicate');

-- One row a pair and method, image_a < image_b, with the bytes that were compared.
create table pair_facts (
    image_a     varchar not null,
    image_b     varchar not null,
    relation    varchar not null,
    method      varchar not null,
    score       double  not null,
    evidence    varchar not null,       -- a JSON object
    run_id      varchar not null,
    checksum_a  varchar not null,
    checksum_b  varchar not null
);

-- What the verification of two contents said (relation may also be 'unrelated'), so that nobody looks twice.
create table pair_checks (
    content_a   varchar not null,
    content_b   varchar not null,
    method      varchar not null,       -- with the version and the thresholds it depends on
    relation    varchar not null,
    score       double  not null,
    evidence    varchar not null
);

-- One row a member.
create table cluster_rows (
    cluster_id  varchar not null,
    image_id    varchar not null,
    role        varchar not null,       -- keeper or redundant
    reason      varchar not null,
    score       double  not null,
    relation    varchar not null,
    checksum    varchar not null
);

create table dedup_run_rows (
    run_id      varchar   not null,
    method      varchar   not null,
    settings    varchar   not null,     -- a JSON object
    outcome     varchar   not null,     -- finished or cancelled
    images      bigint    not null,
    pairs       bigint    not null,
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

-- Which methods are done, on which state of the catalogue: a run that was cancelled goes on after them.
create table dedup_done (
    method      varchar not null,
    settings    varchar not null,
    stamp       varchar not null
);

-- What people said about two contents: duplicate, variant or not_duplicate; NULL takes it back. The last one counts.
-- The keys are content keys, in order; where those are equal, checksums.
create table pair_decisions (
    content_a   varchar   not null,
    content_b   varchar   not null,
    decision    varchar,
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

-- Which of two contents people found better, by the same keys; the last one about two contents counts.
create table keeper_decisions (
    content         varchar   not null,
    beats_content   varchar   not null,
    actor           varchar   not null,
    "at"            timestamp not null,
    seq             bigint    not null
);

-- What became of a cluster in the queue: decided, skipped or (again) open, and the file that was to stay.
create table cluster_decisions (
    cluster_id  varchar   not null,
    decision    varchar   not null,
    keeper      varchar,
    actor       varchar   not null,
    "at"        timestamp not null,
    seq         bigint    not null
);

create view last_pair_decisions as
select content_a, content_b, decision, actor, "at", seq from (
    select * from pair_decisions qualify row_number() over (partition by content_a, content_b order by seq desc) = 1
) where decision is not null;

create view last_keeper_decisions as
select content, beats_content, actor, "at", seq from keeper_decisions
qualify row_number() over (
    partition by least(content, beats_content), greatest(content, beats_content) order by seq desc) = 1;

create view last_cluster_decisions as
select d.cluster_id, d.decision, coalesce(a.image_id, d.keeper) as keeper, d.actor, d."at", d.seq
from cluster_decisions d left join aliases a on a.old_id = d.keeper
qualify row_number() over (partition by d.cluster_id order by d.seq desc) = 1;

create view duplicate_pairs as
with best as (
    select p.image_a, p.image_b, p.relation, p.method, p.score, p.evidence,
           content_key(a.picture_hash, a.checksum) as content_a, content_key(b.picture_hash, b.checksum) as content_b,
           a.checksum as checksum_a, b.checksum as checksum_b
    from pair_facts p
    join image_facts a on a.image_id = p.image_a and a.checksum = p.checksum_a
    join image_facts b on b.image_id = p.image_b and b.checksum = p.checksum_b
    qualify row_number() over (
        partition by p.image_a, p.image_b order by relation_rank(p.relation), p.score desc, p.method) = 1
), keyed as (
    select *, case when content_a = content_b then least(checksum_a, checksum_b) else least(content_a, content_b) end as key_a,
           case when content_a = content_b then greatest(checksum_a, checksum_b) else greatest(content_a, content_b) end as key_b
    from best
)
select k.image_a, k.image_b, coalesce(d.decision, k.relation) as relation, k.method, k.score, k.evidence,
       d.actor as decided_by, d."at" as decided_at
from keyed k left join last_pair_decisions d on d.content_a = k.key_a and d.content_b = k.key_b;

create view cluster_members as
select c.cluster_id, c.image_id, c.role, c.reason, c.relation, c.score
from cluster_rows c join image_facts f on f.image_id = c.image_id and f.checksum = c.checksum;

create view duplicate_clusters as
select c.cluster_id,
       arg_max(c.relation, relation_rank(c.relation)) as relation,
       count(*) as images,
       sum(f.size)::bigint as bytes,
       coalesce(sum(f.size) filter (c.role = 'redundant'), 0)::bigint as bytes_to_gain,
       min(c.image_id) filter (c.role = 'keeper') as keeper,
       coalesce(any_value(d.decision), case when bool_and(c.role = 'keeper' or c.relation = 'duplicate') then 'decided' else 'open' end) as state,
       any_value(d.actor) filter (d.decision <> 'open') as decided_by,
       any_value(d."at") filter (d.decision <> 'open') as decided_at,
       1 - min(c.score) as uncertainty
from cluster_rows c join image_facts f on f.image_id = c.image_id and f.checksum = c.checksum
left join last_cluster_decisions d on d.cluster_id = c.cluster_id
group by c.cluster_id
having count(*) > 1 and count(*) filter (c.role = 'keeper') = 1;

-- Files that aren't pictures and belong to one: its clip, its sidecar.
create table companion_files (
    image_id     varchar not null,
    companion_id varchar not null
);

create view companions as
select image_a as image_id, image_b as companion_id, true as is_image from duplicate_pairs where relation = 'companion'
union all
select image_b, image_a, true from duplicate_pairs where relation = 'companion'
union all
select c.image_id, c.companion_id, false
from companion_files c semi join image_facts f on f.image_id = c.image_id semi join seen_files s on s.image_id = c.companion_id;

create view dedup_runs as
select run_id, method, settings, outcome, images, pairs, actor, "at" from dedup_run_rows;

comment on view duplicate_pairs is 'Two images and how they are related: a row a pair; what a person decided outweighs what was found.';
comment on column duplicate_pairs.image_a is 'one image; of the two ids the lesser';
comment on column duplicate_pairs.image_b is 'the other image';
comment on column duplicate_pairs.relation is 'exact, same-picture, fuzzy, content (duplicates); variant, burst, companion, metadata; or what a person said: duplicate, variant, not_duplicate';
comment on column duplicate_pairs.method is 'the finder';
comment on column duplicate_pairs.score is 'how sure, 0 to 1; 1 is proved';
comment on column duplicate_pairs.evidence is 'what it rests on, as JSON';
comment on column duplicate_pairs.decided_by is 'who decided; NULL while nobody has';
comment on column duplicate_pairs.decided_at is 'when (UTC)';

comment on view duplicate_clusters is 'Groups of duplicates, of each of which one image stays: a row a cluster.';
comment on column duplicate_clusters.cluster_id is '16 hex digits, derived from the contents: the same whenever the same images meet';
comment on column duplicate_clusters.relation is 'the weakest relation that holds it together: exact, same-picture, fuzzy, content or duplicate (said by a person)';
comment on column duplicate_clusters.images is 'how many images';
comment on column duplicate_clusters.bytes is 'bytes of all its files';
comment on column duplicate_clusters.bytes_to_gain is 'bytes of the redundant ones';
comment on column duplicate_clusters.keeper is 'the image that stays';
comment on column duplicate_clusters.state is 'open, decided or skipped';
comment on column duplicate_clusters.decided_by is 'who decided or skipped it';
comment on column duplicate_clusters.decided_at is 'when (UTC)';
comment on column duplicate_clusters.uncertainty is '0 where everything is proved, towards 1 where least is sure';

comment on view cluster_members is 'The images of each cluster: a row a member.';
comment on column cluster_members.cluster_id is 'the cluster';
comment on column cluster_members.image_id is 'the image';
comment on column cluster_members.role is 'keeper (stays) or redundant (may go)';
comment on column cluster_members.reason is 'why, in words';
comment on column cluster_members.relation is 'what ties it to the keeper; of the keeper: the weakest in the cluster';
comment on column cluster_members.score is 'how sure that is, 0 to 1';

comment on view companions is 'Files of one shot that belong together (RAW with JPEG, HEIC with its clip …): a row an image and companion.';
comment on column companions.image_id is 'an image';
comment on column companions.companion_id is 'the file that travels with it';
comment on column companions.is_image is 'whether that is an image itself; else it is only in files';

comment on view dedup_runs is 'When duplicates were looked for, how, and what came of it: a row a run and method.';
comment on column dedup_runs.run_id is 'the run';
comment on column dedup_runs.method is 'the finder';
comment on column dedup_runs.settings is 'what it was set to, as JSON';
comment on column dedup_runs.outcome is 'finished or cancelled';
comment on column dedup_runs.images is 'how many images were looked at';
comment on column dedup_runs.pairs is 'how many pairs were found';
comment on column dedup_runs.actor is 'who started it';
comment on column dedup_runs."at" is 'when it ended (UTC)';

-- Which images hang together at all, and what of a keeper's facts is slow to look up: what a decision may change.
create table cluster_parts (
    image_id         varchar not null,
    content          varchar not null,
    checksum         varchar not null,
    part             varchar not null,
    software         varchar,
    derived          boolean not null,
    values_embedded  bigint  not null
);

-- What a picture really holds; NULL where it couldn't be told.
create table picture_details (
    checksum    varchar not null,
    share       double,     -- how much of its resolution it uses, each way, 0 to 1: less where it was blown up
    "inner"     double,     -- how much of its area is no plain border, 0 to 1
    step        double      -- mean step by which a JPEG's luminance was rounded; 1 is the finest
);
