package desk_test

import (
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/desk"
	"caseconsultant/workflow/intake"
)

// The rooms below have what the desk asks for. workflow.Office is held to it where the program is put together: the
// desk may not import workflow.
var (
	_ desk.Cases  = (*casefile.Files)(nil)
	_ desk.Codes  = (*codebook.Book)(nil)
	_ desk.Intake = (*intake.Ledger)(nil)
)
