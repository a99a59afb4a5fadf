package main

import (
	"errors"

	"caseconsultant/migrations"
	"caseconsultant/workflow"
)

type migrateCommand struct{}

// Run migrates the database.
func (m *migrateCommand) Run(c *console) error {
	cfg, err := LoadConfig(c.config)
	if err != nil {
		return err
	}
	db, err := cfg.openStore(c.ctx) // migrates our tables
	if err != nil {
		return err
	}
	err = workflow.Migrate(c.ctx, db)
	if err == nil {
		var have int64
		if have, _, err = migrations.Version(c.ctx, db.Write, string(db.Dialect())); err == nil {
			c.printf("The database is at version %d, as this program needs it.\n", have)
		}
	}
	return errors.Join(err, db.Close())
}
