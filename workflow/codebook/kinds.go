package codebook

import (
	"strings"

	"caseconsultant/workflow/codes"
)

// The kinds of releases. Editions of one kind replace each other in time.
const (
	kindStarter   = "starter"
	kindICD10CM   = "icd10cm"
	kindTabularCM = "icd10cm-tabular"
	kindICD10PCS  = "icd10pcs"
	kindHCPCS     = "hcpcs"
)

// factTables are the CREATE TABLE texts of what editions hold besides codes (see facts), one for each sort of fact. All of them are in
// every file, empty where nothing was read, so that no look-up has to ask which there are. An importer of a new sort adds its own here, its
// kinds beside it, and its line to importers.
func factTables() []string {
	return []string{}
}

// schema is the layout of a compiled file: what all kinds share, then the tables of each sort of fact.
func schema() string { return baseSchema + strings.Join(factTables(), "") }

// kindOf is the kind of release that decides for a system; "" when no file that is read holds the system whole.
func kindOf(system codes.System) string {
	switch system {
	case codes.ICD10CM:
		return kindICD10CM
	case codes.ICD10PCS:
		return kindICD10PCS
	case codes.HCPCS, codes.Modifier:
		return kindHCPCS
	}
	return ""
}

// holdsWhole: does a whole release of the kind hold every code of this form? The public HCPCS file has all Level II modifiers, which begin
// with a letter, and none of CPT's own (25, 59, 1P).
func holdsWhole(system codes.System, key string) bool {
	return system != codes.Modifier || key != "" && letter(key[0])
}
