package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"caseconsultant/workflow/codebook"
)

// policyWarning is how many days ahead the doctor names what is about to end: a quarter, which is how often the rules change.
const policyWarning = 90

// checkPolicy says what of the table of dated policy ends soon or has ended, after which it is not checked any more.
func (d *doctor) checkPolicy(today time.Time) {
	policy, err := codebook.LoadPolicy(d.cfg.Codebook.Policy)
	if err != nil {
		d.fail("policy", "%v", err)
		return
	}
	rows, open, house := policy.Rows(""), 0, 0
	for _, row := range rows {
		if row.ToBeVerified {
			open++
		}
		if row.Override {
			house++
		}
	}
	ours := ""
	if house > 0 {
		ours = fmt.Sprintf(", %s of the house's own", plural(int64(house), "row"))
	}
	d.ok("policy", "%d dated rules%s; %d are from professional knowledge and to be verified, which texts that rest on them say", len(rows), ours, open)
	day := today.Format(time.DateOnly)
	for _, row := range policy.Ending(today, policyWarning) {
		verb := "ends"
		if row.To < day {
			verb = "ended"
		}
		d.warn("policy", "%s %s on %s (%s): afterwards it is not checked; a newer row goes into the file that [codebook] policy names", strings.TrimSuffix(row.Rule+" "+row.Key, " *"), verb, row.To, row.Authority)
	}
}

type codesPolicyCommand struct {
	Rules []string `arg:"" optional:"" name:"rule" help:"Only these rules: em-time, appeal-days ..."`
	DOS   string   `placeholder:"DATE" help:"Only what holds on this day; all days if left out."`
	File  string   `placeholder:"FILE" help:"Lay this file of the house over the embedded table, as [codebook] policy does."`
	JSON  bool     `help:"One row a line, as an object."`
}

// Run shows the table of dated policy.
func (k *codesPolicyCommand) Run(c *console) error {
	day, err := parseDay(k.DOS)
	if err != nil {
		return err
	}
	policy, err := codebook.LoadPolicy(k.File)
	if err != nil {
		return err
	}
	rows := slices.DeleteFunc(policy.Rows(""), func(r codebook.PolicyRow) bool {
		if len(k.Rules) > 0 && !slices.Contains(k.Rules, r.Rule) {
			return true
		}
		a := policy.Value(r.Rule, r.Key, day)
		return !day.IsZero() && (!a.OK() || a.Row != r)
	})
	if k.JSON {
		encoder := json.NewEncoder(c.out)
		for _, row := range rows {
			if err := encoder.Encode(row); err != nil {
				return fmt.Errorf("write the rules: %w", err)
			}
		}
		return nil
	}
	if len(rows) == 0 {
		c.note("Nothing: not checked.")
		return nil
	}
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RULE\tKEY\tVALUE\tFROM\tTO\tAUTHORITY\tSTANDING")
	for _, r := range rows {
		standing := "read " + r.ReadOn
		if r.ToBeVerified {
			standing = "to be verified"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Rule, r.Key, r.Value, r.From, r.To, r.Authority, standing)
	}
	return table.Flush()
}
