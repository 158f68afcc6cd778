-- What was asked under the name of an operation, so that the name is not taken for another command.
ALTER TABLE change_set ADD COLUMN operation_digest INTEGER;
