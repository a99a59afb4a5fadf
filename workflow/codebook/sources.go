package codebook

import "slices"

// sourceImporters read what stands beside the code sets: crosswalks, groups, places, drugs, coverage, and the licensee's CPT files.
func sourceImporters() []importer {
	return slices.Concat([]importer{
		{"general equivalence mappings (GEMs)", isGEM, readGEM},
		{"HCPCS processing notes", isProcessingNotes, readProcessingNotes},
		{"HCPCS codes not otherwise classified", isNOC, readNOC},
		{"FDA NDC directory, packages", hasHeader(ndcPackageColumns()), readNDC(true)},
		{"FDA NDC directory, products", hasHeader(ndcProductColumns()), readNDC(false)},
		{"NDC-HCPCS crosswalk", hasHeader(drugLinkColumns()), readDrugLinks},
		{"MS-DRG table (IPPS Table 5)", hasHeader(drgColumns()), readMSDRG},
		{"place-of-service codes", hasHeader(posColumns()), readPOS},
		{"CPT descriptors of a licensee", isCPTDescriptors, readCPTDescriptors},
		{"CPT modifiers of a licensee", isCPTModifiers, readCPTModifiers},
		{"CPT consumer descriptors of a licensee", hasHeader(consumerColumns()), readCPTTable(KindConsumer, 4, consumerColumns())},
		{"CPT clinician descriptors of a licensee", hasHeader(clinicianColumns()), readCPTTable(KindClinician, 5, clinicianColumns())},
	}, coverageImporters(), []importer{
		{"Medicare coverage database, a table" + notNeeded, isOtherCoverage, nil},
	})
}

// isOtherCoverage: a table of the coverage database whose columns no question is answered from.
func isOtherCoverage(h head) bool {
	for _, column := range []string{"article_id", "lcd_id", "contractor_id", "region_id", "url_type_id", "NCD_id", "period_id", "article_type_id",
		"contractor_type_id", "contractor_subtype_id", "reason_change_id", "synopsis_changes_field_id", "contact_id", "bnft_ctgry_cd", "pblctn_cd"} {
		if len(h.rows) > 0 && hasColumns(columnPlaces(h.rows[0]), []string{column}) {
			return true
		}
	}
	return false
}
