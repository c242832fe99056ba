-- Somebody said of findings that they are all right: each is ignored until its value changes.
delete from ignored_findings using (
    select e.profile, e.rule, e.field, coalesce(a.image_id, e.image_id) as image_id, e.value
    from event_rows e left join aliases a on a.old_id = e.image_id
) n
where ignored_findings.profile = n.profile and ignored_findings.rule = n.rule and ignored_findings.field = n.field
  and ignored_findings.image_id = n.image_id and ignored_findings.value = n.value;

insert into ignored_findings (profile, rule, field, image_id, value, reason, actor, "at", seq)
select e.profile, e.rule, e.field, coalesce(a.image_id, e.image_id), e.value, any_value(e.why), any_value(e.actor),
       any_value(e."at")::timestamp, max(e.seq)
from event_rows e left join aliases a on a.old_id = e.image_id
group by e.profile, e.rule, e.field, coalesce(a.image_id, e.image_id), e.value;
