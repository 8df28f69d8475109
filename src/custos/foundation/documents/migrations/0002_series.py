from django.db import migrations

from custos.foundation.database.security import APP, append_only, scoped

# A facility's numbers of a year begin at 1 and go up by one; each paper bears the one that the series has
# just come to; and where a transaction ends, the series stands at a number that a paper bears. The foreign
# key is checked by the tables' owner, so it also holds for papers that the writer may not read.
NO_GAPS = f"""
REVOKE DELETE, TRUNCATE ON documents_series FROM {APP};
CREATE FUNCTION documents_series_by_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.last <> 1 THEN
        RAISE EXCEPTION 'the numbers of a year begin at 1' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.last, NEW.organization_id, NEW.year)
            IS DISTINCT FROM (OLD.last + 1, OLD.organization_id, OLD.year) THEN
        RAISE EXCEPTION 'the numbers of a year go up by one' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER by_one BEFORE INSERT OR UPDATE ON documents_series
    FOR EACH ROW EXECUTE FUNCTION documents_series_by_one();
CREATE FUNCTION documents_issued_in_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM documents_series
        WHERE organization_id = NEW.organization_id AND year = NEW.year AND last = NEW.number
    ) THEN
        RAISE EXCEPTION 'a paper bears the number that its series has come to'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER in_turn BEFORE INSERT ON documents_issued
    FOR EACH ROW EXECUTE FUNCTION documents_issued_in_turn();
ALTER TABLE documents_series ADD CONSTRAINT documents_series_names_a_paper
    FOREIGN KEY (organization_id, year, last)
    REFERENCES documents_issued (organization_id, year, number) DEFERRABLE INITIALLY DEFERRED;
"""

UNDO = f"""
ALTER TABLE documents_series DROP CONSTRAINT documents_series_names_a_paper;
DROP TRIGGER in_turn ON documents_issued;
DROP FUNCTION documents_issued_in_turn;
DROP TRIGGER by_one ON documents_series;
DROP FUNCTION documents_series_by_one;
GRANT DELETE ON documents_series TO {APP};
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]
    operations = [
        scoped("documents_issued", audience="audience"),
        scoped("documents_series"),
        append_only("documents_issued"),
        migrations.RunSQL(NO_GAPS, UNDO),
    ]
