package main

import (
	"strings"

	"caseconsultant/workflow/store"
)

type serveCommand struct {
	Roles []string `placeholder:"ROLE,..." default:"watch,work,desk" help:"What this process does: watch (the mailboxes), work (the line), desk. Several processes may share a PostgreSQL database."`
}

// Run serves until a signal comes.
func (s *serveCommand) Run(c *console) error {
	cfg, err := LoadConfig(c.config)
	if err != nil {
		return err
	}
	p, err := New(cfg, ProgramOptions{Roles: s.Roles, Stderr: c.err})
	if err != nil {
		return err
	}
	for _, sentence := range cfg.NotYet {
		p.log.Warn("A key of the configuration does nothing yet", "key", sentence)
	}
	if err := p.Run(c.ctx); err != nil {
		return err
	}
	p.announce(c)
	stopListening := p.lookOnHangup()
	var failure error
	select {
	case <-c.ctx.Done():
		p.log.Info("Stopping: running steps finish or are given back")
	case failure = <-p.Failed():
		p.log.Error("Stopping after a failure", "error", failure)
	}
	stopListening()
	if err := p.Close(); err != nil && failure == nil {
		failure = err
	}
	return failure
}

// announce says where everything is, once it is.
func (p *Program) announce(c *console) {
	database := "PostgreSQL"
	if p.db.Dialect() == store.SQLite {
		database = "SQLite"
	}
	p.log.Info("CaseConsultant is ready", "roles", strings.Join(p.roles, ","), "database", database, "desk", p.DeskURL(), "admin", p.AdminURL(),
		"codebook", p.codebookName())
	if !c.terminal {
		return
	}
	if url := p.DeskURL(); url != "" {
		c.printf("Desk   %s\n", url)
	}
	c.printf("Admin  %s\nCtrl-C stops.\n", p.AdminURL())
}

func (p *Program) codebookName() string {
	if p.book.Starter() {
		return "starter"
	}
	return "built"
}
