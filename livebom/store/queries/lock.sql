-- No statement may reach another file or change a setting from here on, whatever happens to come through.
SET enable_external_access = false;
SET lock_configuration = true;
