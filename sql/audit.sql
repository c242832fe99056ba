-- Questions about what audits found. `where true` makes room for the images that one looked at.

-- name: audit_findings_of(profile)
-- What an audit found: a row for each image and rule.
select f.image_id, f.rule, f.severity, f.field, f.value, f.message, f.suggestion, f.ignored
from findings f join metadata_wide w using (image_id)
where true
  and f.profile = $profile
order by case f.severity when 'error' then 1 when 'warning' then 2 else 3 end, f.rule, f.field, f.image_id

-- name: audit_summary(profile)
-- How many images break each rule, the worst first, and of how many more somebody said that they are all right.
select f.rule, nullif(f.field, '') as field, any_value(r.title) as title, any_value(r.severity) as severity,
       any_value(r.suggestion) as suggestion, count(distinct f.image_id) filter (f.reason is null) as images,
       count(distinct f.image_id) - count(distinct f.image_id) filter (f.reason is null) as ignored
from judged_findings f
join audit_rules r on r.profile = f.profile and r.rule = f.rule and r.field = f.field
join metadata_wide w on w.image_id = f.image_id
where true
  and f.profile = $profile
group by f.rule, f.field
order by case any_value(r.severity) when 'error' then 1 when 'warning' then 2 else 3 end, images desc, f.rule, f.field

-- name: audit_images(profile, rule, field, ignored)
-- The images that break a rule, in the order of their paths; or those that somebody said do so rightly.
select distinct f.image_id, i.path
from judged_findings f join metadata_wide w using (image_id) join image_facts i using (image_id)
where true
  and f.profile = $profile and f.rule = $rule and ($field is null or f.field = $field)
  and (f.reason is not null) = $ignored
order by i.path, f.image_id

-- name: audit_trend(profile, batch)
-- How much each audit by a profile found, the first one first.
select "at", audit_id, rule, severity, findings, images, actor from audits
where profile = $profile and batch is not distinct from $batch
order by seq, rule nulls first
