-- What reports say. Every answer has one order, so that the same ledger gives the same report.
-- A batch or a period of NULL is all of them; a period begins with its first moment and ends before its last.

-- name: progress_of_batches(batch)
-- How far every batch is: its images, how many of them people have worked at, how many were delivered, and since when.
with worked as (
    select image_id, max("at") as "at" from entered_values group by image_id
    union all
    select image_id, max("at") from queues where outcome = 'done' and queue not like 'qc/%' group by image_id
), tagged as (
    select f.batch, count(distinct w.image_id) as tagged, min(w."at") as first_at, max(w."at") as last_at
    from worked w join image_facts f using (image_id) group by f.batch
), delivered as (
    select f.batch, count(distinct d.image_id) as delivered
    from deliveries d join image_facts f using (image_id) where d.how in ('embedded', 'sidecar', 'copied') group by f.batch
), held as (
    select batch, sum(size)::bigint as bytes, min(received_at) as received_at from image_facts group by batch
), damaged as (
    select batch, count(distinct image_id) as damaged from file_problems
    where image_id not in (select image_id from image_facts) group by batch
)
select s.batch, s.state, s.images, coalesce(t.tagged, 0) as tagged, coalesce(d.delivered, 0) as delivered,
       coalesce(p.damaged, 0) as damaged, coalesce(h.bytes, 0) as bytes, h.received_at, t.first_at, t.last_at, s.since, s.resubmission
from batch_states s
left join tagged t using (batch) left join delivered d using (batch) left join held h using (batch) left join damaged p using (batch)
where $batch::varchar is null or s.batch = $batch
order by s.batch

-- name: work_by_day(batch, since, until)
-- What everybody worked at each day: images turned to, those of them with a known time, that time, and the sum of its squares. Added up
-- in whole microseconds: sums of floating numbers depend on the order in which threads take them.
select w.ended::date::varchar as day, w.actor, w.task, count(*) as items, count(w.seconds) as timed,
       (coalesce(sum(round(w.seconds * 1e6)::hugeint), 0) / 1e6)::double as seconds,
       (coalesce(sum(round(w.seconds * 1e6)::hugeint * round(w.seconds * 1e6)::hugeint), 0) / 1e12)::double as squares,
       (coalesce(sum(round(w.idle * 1e6)::hugeint), 0) / 1e6)::double as idle
from work_items w left join image_facts f using (image_id)
where ($batch::varchar is null or f.batch = $batch)
  and ($since::timestamp is null or w.ended >= $since) and ($until::timestamp is null or w.ended < $until)
group by w.ended::date, w.actor, w.task order by day, w.actor, w.task

-- name: batch_work_by_day(batch)
-- How many images of each batch were worked at for the first time each day.
select f.batch, h.day::varchar as day, count(*) as images
from (select image_id, min("at")::date as day from value_history group by image_id) h join image_facts f using (image_id)
where $batch::varchar is null or f.batch = $batch
group by f.batch, h.day order by f.batch, h.day

-- name: lots_of(batch, since, until)
-- Samples that were drawn: by which plan, what was found in them, and the verdict.
select s.sample_id, s.batch, s.resubmission, s.stage, s.lot_size, s.n, s.inspected, s.defectives, s.accept, s.reject, s.method, s.seed,
       s.plan, s.state, coalesce(v.reason, '') as reason, s.actor as drawn_by, s."at" as drawn_at, v.actor as judged_by, v."at" as judged_at
from samples s left join lot_verdicts v using (sample_id)
where ($batch::varchar is null or s.batch = $batch)
  and ($since::timestamp is null or s."at" >= $since) and ($until::timestamp is null or s."at" < $until)
order by s."at", s.sample_id

-- name: inspected_images(batch, since, until)
-- Inspections by lot, day, operator and inspector: how many images, and how many defective. Samples drawn by risk are left out: they
-- find more than there is on average.
select s.batch, s.resubmission, i."at"::date::varchar as day, coalesce(i.operator, '') as operator, i.inspector,
       count(*) as inspected, count(*) filter (i.verdict = 'defective') as defective
from inspections i join samples s using (sample_id)
where s.method <> 'weighted' and i.verdict in ('pass', 'defective') and ($batch::varchar is null or s.batch = $batch)
  and ($since::timestamp is null or i."at" >= $since) and ($until::timestamp is null or i."at" < $until)
group by all order by s.batch, s.resubmission, day, operator, i.inspector

-- name: defects_found(batch, since, until)
-- Defects that inspectors marked, by type, field, severity and operator.
select d.defect, coalesce(d.field, '') as field, d.severity, coalesce(d.operator, '') as operator, count(*) as defects,
       count(distinct d.image_id) as images
from defects d join samples s using (sample_id)
where s.method <> 'weighted' and ($batch::varchar is null or s.batch = $batch)
  and ($since::timestamp is null or d."at" >= $since) and ($until::timestamp is null or d."at" < $until)
group by all order by defects desc, d.defect, field, d.severity, operator

-- name: compared_fields(batch, since, until)
-- Double entry by field: pairs of entries compared, those that agree, and what became of the others.
select c.field, c.comparator, count(*) as pairs, count(*) filter (c.agree) as agreed, count(*) filter (c.state = 'open') as open,
       count(*) filter (c.state = 'adjudicated') as adjudicated, count(distinct c.image_id) as images
from field_comparisons c left join image_facts f using (image_id) left join ledger_events l on l.seq = c.seq
where ($batch::varchar is null or f.batch = $batch)
  and ($since::timestamp is null or l."at" >= $since) and ($until::timestamp is null or l."at" < $until)
group by c.field, c.comparator order by c.field, c.comparator

-- name: compared_people(batch, since, until)
-- Double entry by pair of people: pairs of entries compared, and those that agree.
select c.actor_a, c.actor_b, count(*) as pairs, count(*) filter (c.agree) as agreed
from field_comparisons c left join image_facts f using (image_id) left join ledger_events l on l.seq = c.seq
where ($batch::varchar is null or f.batch = $batch)
  and ($since::timestamp is null or l."at" >= $since) and ($until::timestamp is null or l."at" < $until)
group by c.actor_a, c.actor_b order by c.actor_a, c.actor_b

-- name: compared_values(field, batch, since, until)
-- What two people entered for one field, as often as they did: for agreement beyond chance. What the comparator takes for the same is
-- the same here.
select coalesce(c.value_a, '') as value_a, coalesce(case when c.agree then c.value_a else c.value_b end, '') as value_b, count(*) as pairs
from field_comparisons c left join image_facts f using (image_id) left join ledger_events l on l.seq = c.seq
where c.field = $field and ($batch::varchar is null or f.batch = $batch)
  and ($since::timestamp is null or l."at" >= $since) and ($until::timestamp is null or l."at" < $until)
group by all order by value_a, value_b

-- name: decided_between(batch, since, until)
-- What adjudicators chose, and for whom it went.
select c.field, d.chosen, d.adjudicator, count(*) as decisions
from adjudications d
join field_comparisons c on c.task_id = d.task_id and c.image_id = d.image_id and c.field = d.field and c.state = 'adjudicated'
left join image_facts f on f.image_id = d.image_id
where ($batch::varchar is null or f.batch = $batch)
  and ($since::timestamp is null or d."at" >= $since) and ($until::timestamp is null or d."at" < $until)
group by all order by c.field, d.chosen, d.adjudicator

-- name: gold_given(batch, since, until)
-- Answers to images with known answers, outside of training, by person and field.
select g.actor, g.field, count(*) as answers, count(*) filter (g."right") as correct
from gold_answers g left join image_facts f using (image_id)
where not g.training and ($batch::varchar is null or f.batch = $batch)
  and ($since::timestamp is null or g."at" >= $since) and ($until::timestamp is null or g."at" < $until)
group by g.actor, g.field order by g.actor, g.field

-- name: gold_in_order(batch, since, until)
-- Every answer to a field with a known answer, outside of training, in the order given.
select g.actor, g."at", g."right" from gold_answers g left join image_facts f using (image_id)
where not g.training and ($batch::varchar is null or f.batch = $batch)
  and ($since::timestamp is null or g."at" >= $since) and ($until::timestamp is null or g."at" < $until)
order by g.actor, g.seq, g.field

-- name: who_did_what(since, until)
-- What everybody did, by kind of event.
select actor, kind, count(*) as events, min("at") as first_at, max("at") as last_at from ledger_events
where ($since::timestamp is null or "at" >= $since) and ($until::timestamp is null or "at" < $until)
group by actor, kind order by actor, events desc, kind

-- name: reasons_given(like)
-- How many events have a reason that begins like this.
select count(*) as events, count(distinct actor) as actors from ledger_events where starts_with(coalesce(reason, ''), $like)

-- name: problems_by_kind(batch)
-- Files with problems, by kind; one that is no image can't be worked at.
select kind, any_value(message order by message) as message, count(distinct image_id) as files,
       count(distinct image_id) filter (image_id not in (select image_id from image_facts)) as lost
from file_problems where $batch::varchar is null or batch = $batch
group by kind order by files desc, kind

-- name: scans_made(batch, since, until)
-- Scans: who received what, and what came of it.
select batch, source, outcome, files, images, problems, actor, finished_at from scans
where ($batch::varchar is null or batch = $batch)
  and ($since::timestamp is null or finished_at >= $since) and ($until::timestamp is null or finished_at < $until)
order by seq

-- name: audits_over_time(batch, since, until)
-- How much each audit found, the first one first.
select audit_id, profile, images, "at", actor,
       coalesce(sum(findings) filter (rule is not null and severity = 'error'), 0)::bigint as errors,
       coalesce(sum(findings) filter (rule is not null and severity = 'warning'), 0)::bigint as warnings,
       coalesce(sum(findings) filter (rule is not null and severity = 'info'), 0)::bigint as remarks
from audits
where batch is not distinct from $batch::varchar
  and ($since::timestamp is null or "at" >= $since) and ($until::timestamp is null or "at" < $until)
group by audit_id, profile, images, "at", actor, seq order by seq

-- name: audits_compared(profile, batch, since, until)
-- What the first and the last audit by a profile found, rule by rule.
with counted as (
    select *, dense_rank() over (order by seq) as nth, dense_rank() over (order by seq desc) as nth_last
    from audits where profile = $profile and batch is not distinct from $batch::varchar
      and ($since::timestamp is null or "at" >= $since) and ($until::timestamp is null or "at" < $until)
), titles as (
    select rule, any_value(replace(replace(title, '{value}', '…'), '{note}', '…') order by field) as title, any_value(replace(replace(suggestion, '{value}', '…'), '{note}', '…') order by field) as suggestion
    from audit_rules where profile = $profile group by rule
)
select c.rule, coalesce(any_value(t.title), c.rule) as title, any_value(c.severity) as severity,
       coalesce(sum(c.findings) filter (c.nth = 1), 0)::bigint as before,
       coalesce(sum(c.findings) filter (c.nth_last = 1), 0)::bigint as after,
       coalesce(any_value(t.suggestion), '') as suggestion
from counted c left join titles t using (rule)
where c.rule is not null and (c.nth = 1 or c.nth_last = 1)
group by c.rule
order by case any_value(c.severity) when 'error' then 1 when 'warning' then 2 else 3 end, after desc, before desc, c.rule

-- name: images_with_findings(profile, batch)
-- How many images break a rule of each severity, and of how many somebody said that they are all right.
select r.severity, count(distinct f.image_id) filter (f.reason is null) as images,
       count(*) filter (f.reason is null) as findings, count(*) filter (f.reason is not null) as ignored
from judged_findings f
join audit_rules r on r.profile = f.profile and r.rule = f.rule and r.field = f.field
join image_facts i on i.image_id = f.image_id
where f.profile = $profile and ($batch::varchar is null or i.batch = $batch)
group by r.severity order by case r.severity when 'error' then 1 when 'warning' then 2 else 3 end

-- name: metadata_filled(batch)
-- Of how many images the main facts are known: by the files as they were scanned, and by what people entered, which counts.
with said as (
    select image_id,
           bool_or(value is not null) filter (field = 'Xmp.dc.title') as title,
           bool_or(value is not null) filter (field = 'Xmp.dc.description') as description,
           bool_or(value is not null) filter (field = 'Xmp.dc.subject') as keywords,
           bool_or(value is not null) filter (field = 'Xmp.dc.creator') as creator,
           bool_or(value is not null) filter (field = 'Xmp.dc.rights') as copyright,
           bool_or(value is not null) filter (field = 'Xmp.photoshop.DateCreated') as captured_at,
           bool_or(value is not null) filter (field = 'Xmp.exif.GPSLatitude') as gps
    from entered_values
    where field in ('Xmp.dc.title', 'Xmp.dc.description', 'Xmp.dc.subject', 'Xmp.dc.creator', 'Xmp.dc.rights',
                    'Xmp.photoshop.DateCreated', 'Xmp.exif.GPSLatitude')
    group by image_id
)
select count(*) as images,
       count(*) filter (coalesce(s.title, f.title is not null)) as title,
       count(*) filter (coalesce(s.description, f.description is not null)) as description,
       count(*) filter (coalesce(s.keywords, f.keyword_count > 0)) as keywords,
       count(*) filter (coalesce(s.creator, f.creator is not null)) as creator,
       count(*) filter (coalesce(s.copyright, f.copyright is not null)) as copyright,
       count(*) filter (coalesce(s.captured_at, f.captured_at is not null)) as captured_at,
       count(*) filter (coalesce(s.gps, f.latitude is not null)) as gps
from image_facts f left join said s on s.image_id = f.image_id
where $batch::varchar is null or f.batch = $batch

-- name: embedded_by_how(batch, since, until)
-- Values written into files or beside them: how, and how many.
select d."at"::date::varchar as day, d.mode, d.how, d.actor, count(*) as files, count(distinct d.image_id) as images
from deliveries d left join image_facts f using (image_id)
where ($batch::varchar is null or f.batch = $batch)
  and ($since::timestamp is null or d."at" >= $since) and ($until::timestamp is null or d."at" < $until)
group by all order by day, d.mode, d.how, d.actor

-- name: embedded_files(batch, since, until)
-- Every file that values were written for, how it ended, and its checksum: the latest time of each.
select coalesce(f.path, d.uri) as path, coalesce(f.batch, '') as batch, d.mode, d.how, coalesce(d.why, '') as why,
       coalesce(d.target, '') as target, coalesce(d.after, '') as sha256, d.actor, d."at"
from deliveries d left join image_facts f using (image_id)
where ($batch::varchar is null or f.batch = $batch)
  and ($since::timestamp is null or d."at" >= $since) and ($until::timestamp is null or d."at" < $until)
qualify row_number() over (partition by d.image_id order by d.seq desc) = 1
order by d.how = 'failed' desc, path, d.image_id
