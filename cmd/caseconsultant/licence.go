package main

import (
	"strings"
	"time"

	"caseconsultant/workflow/licence"
	"caseconsultant/workflow/people"
)

// checkLicences puts the tables together into one set. Nothing in them contradicts anything.
func (c *Config) checkLicences() {
	c.Licence.Set = licence.Set{}
	for _, table := range []struct {
		name licence.Name
		kind string
		keys LicenceKeys
	}{
		{licence.CPT, c.Licence.CPT.Kind, c.Licence.CPT.LicenceKeys},
		{licence.CDT, c.Licence.CDT.Kind, c.Licence.CDT.LicenceKeys},
		{licence.UB04, c.Licence.UB04.Kind, c.Licence.UB04.LicenceKeys},
		{licence.CARC, c.Licence.CARC.Kind, c.Licence.CARC.LicenceKeys},
	} {
		one := licence.Licence{Kind: licence.Kind(table.kind), Holder: strings.TrimSpace(table.keys.Holder), Number: strings.TrimSpace(table.keys.Number),
			Expires: table.keys.Expires.Time, Users: int(table.keys.Users)}
		c.Licence.Set[table.name] = one
	}
}

// checkLicences tells the operator what the licences of the configuration mean today.
func (d *doctor) checkLicences(now time.Time) {
	for _, name := range licence.Names() {
		one, words := d.cfg.Licence.Set[name], licence.Of(name)
		switch {
		case one.Kind != licence.Internal && one.Kind != licence.Distribution:
			if name == licence.CPT {
				d.ok("licence", "cpt: none, so no text of the %s is shown; using CPT codes in a service may itself need a licence: ask them", words.Owner)
			}
		case !d.cfg.Licence.Set.Permits(name, licence.Desk, now):
			d.warn("licence", "%s: %s Its text is not shown any more", name, d.cfg.Licence.Set.Refusal(name, licence.Desk, now))
		default:
			where := "at the desk"
			if one.Kind == licence.Distribution {
				where += " and in mails"
			}
			until := ""
			if !one.Expires.IsZero() {
				until = " until " + one.Expires.Format(time.DateOnly)
			}
			d.ok("licence", "%s: %s may be shown %s%s", name, words.What, where, until)
			if one.Holder == "" || one.Number == "" {
				d.warn("licence", "%s: write its holder and number into [licence.%s], as they stand in the licence", name, name)
			}
			if days := int(one.Expires.Sub(now).Hours()/24) + 1; !one.Expires.IsZero() && days <= 60 {
				d.warn("licence", "%s: it ends in %d days; then its text disappears", name, days)
			}
		}
	}
}

// checkLicensedUsers compares how many may sign in with how many the licences are for.
func (d *doctor) checkLicensedUsers(users []people.User, now time.Time) {
	active := 0
	for _, u := range users {
		if u.Active() {
			active++
		}
	}
	for _, name := range d.cfg.Licence.Set.InForce(licence.Desk, now) {
		if most := d.cfg.Licence.Set[name].Users; most > 0 && active > most {
			d.warn("licence", "%s: it is for %d people, and %d may sign in", name, most, active)
		}
	}
}
