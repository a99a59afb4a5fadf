package desk_test

import (
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/desk"
	"caseconsultant/workflow/intake"
)

// The rooms below have what the desk asks for. casefile.Files and workflow.Office are held to it where the program is
// put together: the desk may not import workflow.
var (
	_ desk.Codes  = (*codebook.Book)(nil)
	_ desk.Intake = (*intake.Ledger)(nil)
)
