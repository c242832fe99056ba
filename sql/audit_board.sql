-- Questions of the audit board, about what the last audit by a profile found.

-- name: board_findings_of(profile, image_id)
-- Everything that was found in one image, the worst first.
select f.rule, f.field, r.title, r.severity, f.value, f.note,
       replace(replace(r.says, '{value}', coalesce(f.value, '')), '{note}', coalesce(f.note, '')) as message,
       replace(replace(r.suggestion, '{value}', coalesce(f.value, '')), '{note}', coalesce(f.note, '')) as suggestion,
       f.reason as ignored, f.actor as ignored_by
from judged_findings f
join audit_rules r on r.profile = f.profile and r.rule = f.rule and r.field = f.field
where f.profile = $profile and f.image_id = $image_id
order by case r.severity when 'error' then 1 when 'warning' then 2 else 3 end, f.rule, f.field, f.value

-- name: board_noted(profile, rule, field)
-- What one rule found in one field: the value, and what is to be said about it.
select image_id, value, note from judged_findings
where profile = $profile and rule = $rule and field = $field and reason is null
order by image_id, value

-- name: board_gaps(field, batch)
-- The images of a batch in which a field has no value, in the order of their paths.
select i.image_id from image_facts i
where i.batch = $batch
  and i.image_id not in (select m.image_id from metadata m where m.field = $field and m.value is not null)
order by i.path, i.image_id
