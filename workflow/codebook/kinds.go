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
	return []string{
		pairTables, limitTables, addOnTables, feeTables, localityTables, oppsTables,
		gemTables, drgTables, licensedTables, licensedSearchTables, ndcTables, drugLinkTables, coverageTables, pcsDefinitionTables, hcpcsNoteTables,
		ruleBookTables,
	}
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
	case codes.CPT:
		return kindCPT
	case codes.MSDRG:
		return kindMSDRG
	case codes.POS:
		return kindPOS
	}
	return ""
}

// holdsWhole: does a whole release of the kind hold every code of this form? The public HCPCS file has all Level II modifiers, which begin
// with a letter, and none of CPT's own (25, 59, 1P). Of CPT see cptYearly.
func holdsWhole(system codes.System, key string) bool {
	switch system {
	case codes.Modifier:
		return key != "" && letter(key[0])
	case codes.CPT:
		return cptYearly(key)
	}
	return true
}

// The kinds of what Medicare publishes beside the code sets. Settings are kinds of their own: their tables differ and come out apart.
const (
	kindPTP        = "ncci-ptp-" // followed by a PTPSet
	kindMUE        = "ncci-mue-" // followed by a MUESetting
	kindAddOn      = "ncci-add-on"
	kindFees       = "mpfs"
	kindFeesQPP    = "mpfs-qpp" // for those in an advanced payment model, since 2026
	kindGPCI       = "gpci"
	kindLocalities = "localities"
	kindAnesthesia = "anesthesia"
	kindOPPSCap    = "opps-cap"
	kindOPPS       = "opps-addendum-b"
	kindASC        = "asc-addendum-" // followed by aa, bb or ee
)

// ownCodes: the codes of these kinds are the code set's own, and not merely named beside facts.
func ownCodes(kind string) bool { return kind == kindCPT || kind == kindMSDRG || kind == kindNDC }

// kindWords is what people call the files of a kind of facts.
func kindWords(kind string) string {
	switch kind {
	case kindTabularCM:
		return "ICD-10-CM tabular list"
	case kindPTP + string(PTPPractitioner):
		return "NCCI PTP edits for practitioners"
	case kindPTP + string(PTPHospital):
		return "NCCI PTP edits for outpatient hospitals"
	case kindPTP + string(PTPMedicaidPractitioner):
		return "Medicaid NCCI PTP edits for practitioners"
	case kindPTP + string(PTPMedicaidHospital):
		return "Medicaid NCCI PTP edits for outpatient hospitals"
	case kindPTP + string(PTPMedicaidDME):
		return "Medicaid NCCI PTP edits for DME suppliers"
	case kindMUE + string(MUEPractitioner):
		return "NCCI MUE table for practitioners"
	case kindMUE + string(MUEHospital):
		return "NCCI MUE table for outpatient hospitals"
	case kindMUE + string(MUEDME):
		return "NCCI MUE table for DME suppliers"
	case kindMUE + string(MUEMedicaidPractitioner):
		return "Medicaid NCCI MUE table for practitioners"
	case kindMUE + string(MUEMedicaidHospital):
		return "Medicaid NCCI MUE table for outpatient hospitals"
	case kindMUE + string(MUEMedicaidDME):
		return "Medicaid NCCI MUE table for DME suppliers"
	case kindAddOn:
		return "NCCI add-on code edits"
	case kindFees:
		return "Medicare physician fee schedule"
	case kindFeesQPP:
		return "Medicare physician fee schedule (QPP conversion factor)"
	case kindGPCI:
		return "Medicare geographic practice cost indices"
	case kindLocalities:
		return "Medicare localities and their counties"
	case kindAnesthesia:
		return "Medicare anesthesia conversion factors"
	case kindOPPSCap:
		return "OPPS cap amounts for imaging"
	case kindOPPS:
		return "OPPS Addendum B"
	case kindASC + "aa":
		return "ASC Addendum AA"
	case kindASC + "bb":
		return "ASC Addendum BB"
	case kindASC + "ee":
		return "ASC Addendum EE"
	}
	return kind
}
