-- Somebody took back that findings are all right: they count again.
delete from ignored_findings using (
    select e.profile, e.rule, e.field, coalesce(a.image_id, e.image_id) as image_id, e.value
    from event_rows e left join aliases a on a.old_id = e.image_id
) n
where ignored_findings.profile = n.profile and ignored_findings.rule = n.rule and ignored_findings.field = n.field
  and ignored_findings.image_id = n.image_id and ignored_findings.value = n.value;
