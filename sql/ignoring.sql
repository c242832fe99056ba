-- Findings that somebody said are all right.

-- name: findings_to_ignore(profile, rule, field, ids)
-- The findings of a rule in these images that count.
select image_id, coalesce(value, '') as value from judged_findings
where profile = $profile and rule = $rule and field = $field and reason is null and image_id in (select unnest($ids::varchar[]))
order by image_id, value

-- name: findings_to_reopen(profile, rule, field, ids)
-- The findings of a rule in these images that are ignored.
select image_id, value, reason from ignored_findings
where profile = $profile and rule = $rule and field = $field and image_id in (select unnest($ids::varchar[]))
order by image_id, value

-- name: ignored_now(profile, rule, field)
-- What is ignored of a rule, and why.
select image_id, value, reason from ignored_findings where profile = $profile and rule = $rule and field = $field
