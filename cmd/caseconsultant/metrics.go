package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/intake"
)

// newRegistry makes the metrics: counts and ages, read from the database when asked for, so that they are right in any
// process and after any restart. Labels are states, flags and the operator's own names of mailboxes.
func newRegistry(p *Program) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(&caseMetrics{program: p}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}

type caseMetrics struct{ program *Program }

func metric(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("caseconsultant_"+name, help, labels, nil)
}

var (
	metricCases       = metric("cases", "Cases by state.", "state")
	metricFlags       = metric("case_flags", "Open cases by flag.", "flag")
	metricOldest      = metric("oldest_waiting_seconds", "Age of the oldest case that waits for a consultant; 0 when none does.")
	metricDeliveries  = metric("deliveries", "Outgoing mails by state.", "state")
	metricConnected   = metric("mailbox_connected", "1 while the mailbox's server is connected.", "mailbox")
	metricUnread      = metric("mailbox_unread", "Mails kept and not read yet.", "mailbox")
	metricKept        = metric("mailbox_kept", "Mails kept, ever.", "mailbox")
	metricSwept       = metric("mailbox_swept_age_seconds", "Time since the last proof that every mail of the folder has a row; since the start of the process if there was none.", "mailbox")
	metricLooked      = metric("mailbox_looked_age_seconds", "Time since the server last answered a look for new mail; since the start of the process if it never did.", "mailbox")
	metricAlarm       = metric("mailbox_alarm", "1 while somebody should look after the mailbox: refused, silent, or unproven.", "mailbox", "alarm")
	metricListed      = metric("mailbox_swept_listed", "Mails that the server listed at the last proof.", "mailbox")
	metricHoles       = metric("mailbox_swept_waiting", "Of them, without a row after it: tried again.", "mailbox")
	metricUnfetchable = metric("mailbox_fetch_failures", "Mails that the server would not hand over yet.", "mailbox")
	metricCodebook    = metric("codebook_alarm", "1 while the file at [codebook] path is not the one that answers, because it cannot be used.")
	metricUp          = metric("database_up", "1 while the database answers.")
)

// Describe implements prometheus.Collector.
func (m *caseMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{metricCases, metricFlags, metricOldest, metricDeliveries, metricConnected, metricUnread, metricKept, metricSwept, metricLooked, metricAlarm, metricListed, metricHoles, metricUnfetchable, metricCodebook, metricUp} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (m *caseMetrics) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(m.program.background, 10*time.Second)
	defer cancel()
	up := 1.0
	if err := m.collect(ctx, out); err != nil {
		up = 0
		m.program.log.Warn("The metrics could not be read from the database")
	}
	out <- prometheus.MustNewConstMetric(metricUp, prometheus.GaugeValue, up)
}

func (m *caseMetrics) collect(ctx context.Context, out chan<- prometheus.Metric) error {
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	files, now := m.program.line.Files(), m.program.db.Now()
	counts, err := files.Counts(ctx, 0)
	if err != nil {
		return err
	}
	for _, state := range casefile.States {
		gauge(metricCases, float64(counts.States[state]), string(state))
	}
	for _, flag := range casefile.Flags {
		gauge(metricFlags, float64(counts.Flags[flag]), string(flag))
	}
	oldest, err := files.List(ctx, casefile.Filter{States: []casefile.State{casefile.New, casefile.Waiting}, Limit: 1})
	if err != nil {
		return err
	}
	age := 0.0
	if len(oldest) > 0 {
		age = now.Sub(oldest[0].ReceivedAt).Seconds()
	}
	gauge(metricOldest, age)
	_, fault := m.program.book.Fault()
	gauge(metricCodebook, truth(fault != nil))
	deliveries, err := files.DeliveryCounts(ctx)
	if err != nil {
		return err
	}
	for _, state := range casefile.DeliveryStates {
		gauge(metricDeliveries, float64(deliveries[state]), string(state))
	}
	boxes, err := m.program.line.Ledger().Mailboxes(ctx)
	if err != nil {
		return err
	}
	type totals struct {
		connected              bool
		unread, kept, failures float64
	}
	byName := make(map[string]totals) // a mailbox whose folder was changed has two rows
	for _, box := range boxes {
		t := byName[box.Name]
		t.connected = t.connected || box.Connected()
		t.unread, t.kept, t.failures = t.unread+float64(box.Unread), t.kept+float64(box.Kept), t.failures+float64(box.FetchFailures)
		byName[box.Name] = t
		if box.ExpectedSince.IsZero() {
			continue
		}
		gauge(metricLooked, now.Sub(box.LastLook()).Seconds(), box.Name)
		gauge(metricSwept, now.Sub(box.LastProof()).Seconds(), box.Name)
		gauge(metricListed, float64(box.SweptListed), box.Name)
		gauge(metricHoles, float64(box.SweptWaiting), box.Name)
		for _, alarm := range []intake.Alarm{intake.AlarmRefused, intake.AlarmSilent, intake.AlarmUnproven} {
			gauge(metricAlarm, truth(box.Alarm == alarm), box.Name, string(alarm))
		}
	}
	for _, box := range m.program.cfg.Mailboxes {
		t := byName[box.Name]
		gauge(metricConnected, truth(t.connected), box.Name)
		gauge(metricUnread, t.unread, box.Name)
		gauge(metricKept, t.kept, box.Name)
		gauge(metricUnfetchable, t.failures, box.Name)
	}
	return nil
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
