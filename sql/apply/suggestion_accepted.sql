-- Somebody accepted suggestions; the values they became are entered by a change of their own.
insert into suggestion_decisions (
    suggestion_id, image_id, field, lang, value, suggested, suggester, confidence, model, version, decision, actor, "at", seq)
select suggestion_id, image_id, field, lang, value, suggested, suggester, confidence, model, version, 'accepted', actor, "at"::timestamp, seq
from event_rows;
