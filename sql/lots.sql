-- Samples of batches, and how the batches were judged by them.

-- name: lot_images(batch, stratify, besides)
-- The images of a batch in the order of their ids, each with what it belongs to; without those of another sample.
select f.image_id,
       coalesce(case $stratify when '' then '' when 'source' then f.source when 'folder' then f.folder when 'format' then f.format
                when 'operator' then o.operator else v.value end, '—') as stratum,
       o.operator
from image_facts f
left join (select image_id, arg_max(actor, seq) as operator from entered_values group by image_id) o using (image_id)
left join (select image_id, min(value) as value from metadata where field = $stratify group by image_id) v using (image_id)
where f.batch = $batch and f.image_id not in (select image_id from sample_items where sample_id = $besides)
order by f.image_id;

-- name: lot_images_plain(batch)
-- The images of a batch in the order of their ids.
select image_id from image_facts where batch = $batch order by image_id;

-- name: lot_operators(ids)
-- Who last entered values for images.
select image_id, arg_max(actor, seq) as operator from entered_values
where image_id in (select unnest($ids::varchar[])) group by image_id;

-- name: lot_risks(batch)
-- How many findings that nobody has ignored the last audits have for each image of a batch, in the order of ids.
select f.image_id, count(j.rule) as findings
from image_facts f
left join judged_findings j on j.image_id = f.image_id and j.reason is null
where f.batch = $batch
group by f.image_id
order by f.image_id;

-- name: lot_samples(batch)
-- The samples that were drawn, of one batch or of all, the latest first.
select sample_id, batch, state, n, inspected, defectives, lot_size, accept, reject, method, stage, resubmission, "at", actor
from samples where $batch is null or batch = $batch order by "at" desc, sample_id;

-- name: lot_sample(sample_id)
-- One sample.
select sample_id, batch, lot_size, n, plan, accept, reject, seed, method, "at", actor, state, stage, follows, resubmission,
       inspected, defectives
from samples where sample_id = $sample_id;

-- name: lot_items(sample_id)
-- The images of a sample in the order drawn.
select image_id, ordinal, operator, stratum, state from sample_items where sample_id = $sample_id order by ordinal;

-- name: lot_defects(sample_ids)
-- What was found wrong in samples.
select sample_id, image_id, field, defect, severity, comment, inspector, operator, "at"
from defects where sample_id in (select unnest($sample_ids::varchar[])) order by seq, field, defect;

-- name: lot_results()
-- How every lot that was judged fared, the oldest first, with the plan it was judged by.
select v.sample_id, v.batch, v.verdict, v.reason, v.defectives, v.n, v.resubmission, v.actor, v."at", d.plan, d.stage, d.follows
from lot_verdicts v join sample_draws d using (sample_id)
order by v.seq;

-- name: lot_rework(batch)
-- The images of a batch with what inspectors found wrong in its last submission that was inspected.
with last as (
    select max(submission) as submission from sample_draws where batch = $batch
), found as (
    select d.image_id, count(*) as defects,
           string_agg(coalesce(d.field, 'picture') || ': ' || d.defect || case when d.comment = '' then '' else ' (' || d.comment || ')' end, '; '
                      order by d.field, d.defect) as what,
           min(d.operator) as operator
    from defects d join sample_draws s using (sample_id)
    where s.batch = $batch and s.submission = (select submission from last)
    group by d.image_id
)
select f.image_id, f.path, coalesce(d.defects, 0) as defects, coalesce(d.what, '') as what, d.operator
from image_facts f left join found d using (image_id)
where f.batch = $batch
order by coalesce(d.defects, 0) desc, f.path;
