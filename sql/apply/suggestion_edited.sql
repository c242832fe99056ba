-- Somebody entered another value than the one that was suggested; it is entered by a change of its own.
insert into suggestion_decisions (
    suggestion_id, image_id, field, lang, value, suggested, suggester, confidence, model, version, decision, actor, "at", seq)
select suggestion_id, image_id, field, lang, value, suggested, suggester, confidence, model, version, 'edited', actor, "at"::timestamp, seq
from event_rows;
