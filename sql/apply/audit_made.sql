-- Somebody audited the metadata: what was found, counted by rule. The findings themselves are made again by another audit.
insert into audit_counts (audit_id, profile, batch, rule, severity, findings, images, actor, "at", seq)
select audit_id, profile, batch, rule, severity, findings, images, actor, "at"::timestamp, seq from event_rows;
