package message

import (
	"math/bits"
	"strings"
)

// legalPattern is how a notice of a lawyer's, or what programs that look for viruses add, begins.
var legalPattern = hinted(`(?i)^(?:confidentiality (?:notice|note|statement|disclaimer|warning)|confidential(?:ity)?\s*[:\-][^?]{0,120}(?:message|e-?mail|information|intended|recipient|communication|transmission)|(?:legal |email |e-mail )?disclaimer\s*[:\-]\s*(?:this|the|any|views|opinions|information|e-?mail)|` +
	`(?:legal |email |e-mail |important )?notice\s*[:\-][^?]{0,120}(?:message|e-?mail|intended|recipient|communication|transmission|confidential)|important(?: notice)?: (?:this|the) (?:e-?mail|message)|` +
	`(?:this|the) (?:e-?mail|message|communication|transmission|electronic mail|electronic message|fax|correspondence|information in this)[^.?]{0,180}(?:confidential|privileged|intended (?:only|solely|for)|for the sole use|protected health|` +
	`\bphi\b|exclusive use|proprietary)|` +
	`the information (?:contained |transmitted |provided |included )?(?:herein|(?:in|with|by) (?:this|the|any) (?:e-?mail|message|electronic|communication|transmission|fax|transmittal|above|correspondence|document))|the contents of this (?:e-?mail|message)|hipaa (?:notice|confidentiality|privacy|statement)|if you (?:are not (?:the|an) intended|have received this|received this (?:e-?mail|message|communication)[^.?]{0,20} in error|receive this)|` +
	`(?:any|unauthorized) (?:unauthorized|review|dissemination|disclosure|interception|use|distribution)[^?]{0,160}prohibited|(?:p )?please consider (?:the|your) environment|think before (?:you )?print|think green\b|save (?:a tree|paper)|` +
	`privileged (?:and|&) confidential|confidential (?:and|&) privileged|privacy notice\s*:|(?:electronic )?privacy (?:notice|statement)[.:]|statement of confidentiality|intended (?:only|solely) for[^?]{0,60}(?:addressee|recipient|use of)|(?:any |the )?(?:views or opinions|opinions|views) (?:expressed|presented|contained) in|[\w&,. ]{3,60} (?:is |are )?(?:a company )?registered in (?:england|scotland|ireland)|(?:your |all )?(?:e-?mails?|messages)(?: sent)? to (?:and|or) from [^?]{0,60}monitored|(?:please note:? )?(?:e-?mail|internet e-?mail|regular e-?mail) is not (?:a )?(?:secure|guaranteed)|` +
	`this (?:e-?mail|message|mail)(?: message)? (?:was|has been) (?:scanned|checked|sent encrypted|encrypted|secured|sent securely)|virus[- ]?free\.|no virus(?:es)? (?:were )?found|checked by avg|scanned by [^?]{0,40}(?:virus|spam|gateway|e-?mail|security)|` +
	`avis (?:de confidentialité|important)|avis juridique|aviso (?:legal|de confidencialidad|de confidencialidade|importante)|avvertenze? (?:legal|di riservatezza)|vertraulichkeitshinweis|hinweis:? diese (?:e-?mail|nachricht)|` +
	`bitte (?:denken|prüfen) sie (?:an die umwelt|vor dem)|pensez à l'environnement|avant d'imprimer|n'imprimez|antes de imprimir|piense en el medio|prima di stampare|denk aan het milieu|` +
	`l'absence de virus|cet? (?:e-?mail|courrier) a été vérifié|este (?:correo|email)[^.?]{0,40}(?:virus|avast)|questa e-?mail[^.?]{0,40}virus|deze e-?mail is (?:gecontroleerd|gescand)|diese e-?mail wurde (?:von|auf)[^.?]{0,60}(?:viren|geprüft))`)

// noticeWords are of lawyers' notices. Each names one thing; a paragraph that names a mail and has three of them in all is a notice, however it begins.
var noticeWords = []*pattern{
	hinted(`(?i)\b(?:this|the) (?:accompanying )?(?:e-?mail|message|transmission|communication|correspondence|electronic|fax|transmittal)|e-?mail and any|by (?:return|reply) e-?mail|\bsender\b`),
	hinted(`(?i)\bconfidential`),
	hinted(`(?i)\bprivileged|proprietary|legally protected|exempt from disclosure`),
	hinted(`(?i)intended (?:only|solely|recipient|for the (?:sole|exclusive|use|named|person|individual|addressee))|(?:sole|exclusive) use|addressee|named (?:recipient|above)|individuals? (?:or|and|to) |to whom it is addressed|not the intended`),
	hinted(`(?i)unauthori[sz]ed|prohibited|unlawful|hereby notified`),
	hinted(`(?i)disseminat|re-?disclos|disclosure|distribution|copying|forwarding of`),
	hinted(`(?i)received? (?:this|it) [^.?]{0,30}(?:in|by) (?:error|mistake)|\bin error\b|destroy|delete (?:it|this|the|all)|notify (?:us|the sender|me)`),
	hinted(`(?i)protected health information|health information|hipaa|insurance portability|federal (?:law|regulations)|state law|applicable law|45 cfr|42 cfr`),
	hinted(`(?i)(?:any |the )?attach(?:ments?|ed files?)|files transmitted`),
	hinted(`(?i)viruses|malware|liability|(?:views|opinions) (?:or opinions )?(?:expressed|presented|contained)`),
}

// noticeHints are the hints of noticeWords.
var noticeHints = func() (h hints) {
	for _, words := range noticeWords {
		h |= words.bit
	}
	return h
}()

// noticeNeeds is how many of noticeWords a notice has.
const noticeNeeds = 3

// legalParagraph tells a notice by its words. The run begins with the line at which a paragraph begins.
func legalParagraph(run []line) bool {
	var l look
	n, size := 0, 0
	for ; n < len(run) && n < 25 && run[n].text != "" && run[n].class == classReply && size < 1500; n++ {
		if strings.Contains(run[n].text, "?") {
			return false
		}
		s := run[n].text[:min(len(run[n].text), 1500)]
		l.read(s)
		l.read(" ")
		size += len(s) + 1
	}
	if bits.OnesCount64(uint64(l.found&noticeHints)) < noticeNeeds {
		return false
	}
	var text strings.Builder
	for _, l := range run[:n] {
		text.WriteString(l.text[:min(len(l.text), 1500)])
		text.WriteByte(' ')
	}
	return legalWords(text.String(), l.found)
}

// legalWords looks at a whole paragraph.
func legalWords(s string, h hints) bool {
	if len(s) < 40 || !strings.Contains(strings.ToLower(s), "mail") && !noticeWords[0].within(h, s) && !noticeWords[3].within(h, s) {
		return false
	}
	n := 0
	for _, words := range noticeWords {
		if words.within(h, s) {
			n++
		}
	}
	switch {
	case ownWords.MatchString(s[:min(len(s), 80)]):
		return false
	case ownWords.within(h, s):
		n -= 3
	}
	return n >= noticeNeeds && !clinical(s)
}

// ownWords are of somebody who tells of a case in which a notice, a disclosure or a mail matters.
var ownWords = hinted(`(?i)\b(?:we|i|our patient|the patient|payer|she|he|they|says|said|asked|told|thanks|please advise|claim)\b`)

// foreignMail and foreignSecret together, in the first line of a paragraph, make it a notice.
var (
	foreignMail = hinted(`(?i)e-?mail|nachricht|message|courriel|correo|mensaje|mensagem|messaggio|bericht|meddelande|besked|melding|viesti|wiadomość|zpráv|сообщени|письмо|повідомлення|邮件|郵件|メール|üzenet|mesaj|σχετικό μήνυμα|μήνυμα|iletisi|ileti|e-posta|메일|mesej|pesan|поща|имейл|e-pošt`)

	foreignSecret = hinted(`(?i)vertraulich|ausschließlich für de|rechtlich geschützt|confidentiel|confidencia|intention exclusive|destinataires? (?:désigné|visé|prévu)|riservat|uso esclusivo|vertrouwelijk|uitsluitend bestemd|` +
		`konfidenti|fortrolig|poufn|důvěrn|dôvern|конфиденциальн|конфіденційн|機密|秘密情報|机密|保密|luottamuksel|bizalmas|confidenți|εμπιστευτικ|gizli(?:dir| bilgi)|povjerljiv|zaupn|기밀|비밀|rahasia|gizli|поверителн|poverljiv`)
)

// legalNotice is the first line of one.
func legalNotice(s string) bool {
	s = strings.TrimLeft(s, " \t*_>-[")
	if len(s) <= 12 || strings.HasSuffix(s, "?") {
		return false
	}
	head := unsteered(s[:min(len(s), 600)])
	h := hintsOf(head)
	if !legalPattern.within(h, head) && !(foreignSecret.within(h, head) && foreignMail.within(h, head) && !english(head)) {
		return false
	}
	return !clinical(s)
}

// english: "is the message from the payer confidential" is a question's own.
func english(s string) bool {
	lower := " " + strings.ToLower(s) + " "
	return strings.Contains(lower, " the ") || strings.Contains(lower, " this ") || strings.Contains(lower, " we ")
}

// legalMore goes on with a notice in a paragraph of its own.
var legalMore = hinted(`(?i)intended recipient|received (?:this|it) in error|notify (?:us|the sender)|delete (?:it|this|the|all)|destroy|viruses|liability|liable|re-?disclos|unauthori[sz]ed|(?:message|communication|information)[^.?]{0,40}(?:confidential|privileged|monitored)|` +
	`(?:opinions|views) (?:expressed|presented|contained)|45 cfr|42 cfr|` +
	`vernichten|benachrichtigen|löschen|destinat|supprimer|détruire|eliminar|borrar|cancell|verwijder`)

// listFooter is the first line of what a mailing list, a forge or a gateway adds under a mail.
var listPattern = hinted(`(?i)^(?:<\*> )?(?:this (?:message|e-?mail) was sent to \S+@|to (?:unsubscribe|leave|be removed)(?: from)?[^?]{0,80}(?:list|group|mailing|thread|discussion|emails?|messages?|click|visit|send|http)|you(?:'re| are)? receiv(?:ed|ing) this (?:message|e-?mail|mail)?\s?because|yahoo! groups links?|groups\.io links|` +
	`reply to this e-?mail directly|view/reply online|[\w\-]+ mailing list(?: --.*)?$|for more options, visit|manage your subscription|unsubscribe\s*(?::|<|http|here)|list (?:info|archive)s?:|visit (?:our|this) group|um sich von dieser liste abzumelden|pour se désabonner|para darse de baja)`)

func listFooter(s string) bool {
	s = strings.TrimLeft(s, " \t*_>-")
	return len(s) > 8 && len(s) < 400 && listPattern.MatchString(s) && !strings.HasSuffix(s, "?") && !clinical(s)
}

var bannerPattern = hinted(`(?i)^(?:caution|warning|external|attention|alert|notice|note:|security (?:notice|alert|warning)|use caution|exercise caution|think before you click|stop\b|be careful|this sender is|the sender of this|this (?:e-?mail|message) (?:originated|is from|came from|was sent from)|do not (?:click|open|respond)|please do not (?:click|open)|` +
	`you don't often get e-?mail from|some people who received this message don't often|learn why this is important|unless you recogni[sz]e|recogni[sz]e the sender|and know the content|external e-?mail|` +
	`you have not previously corresponded|zjqcmqryfpfptbanner|achtung|vorsicht|précaution|precaución|atención|attenzione|atenção|let op|obs!?:?|uwaga|внимание)`)

var bannerWords = hinted(`(?i)(?:external (?:e-?mail|sender|message|source)|untrusted sender|\[external\]|^\[?external\]?:?$|originated (?:from )?outside|outside (?:of )?(?:the|your|our) (?:organi[sz]ation|company|network|practice|hospital|firm)|` +
	`click(?:ing)? (?:on )?(?:any )?links|open(?:ing)? (?:any )?attachments|recogni[sz]e the (?:sender|source)|content is safe|don't often get e-?mail from|learn why this is important|caution (?:with|when|in) (?:\w+ )?(?:links|opening|clicking|responding)|(?:mail|message|sender|sent)[^.?]{0,40} from (?:someone )?outside |external to (?:the|our|your) |report suspicious|previously corresponded|^zjqcmqryfpfptbanner(?:start|end)$|` +
	`externen absender|von außerhalb|extérieur de l|expéditeur externe|fuera de la organización|remitente externo|esterno all|mittente esterno|fora da organização|buiten (?:de|uw|onze) organisatie|externe afzender|spoza organizacji|внешн)`)

// banner is what a gateway puts over mail from outside.
func banner(s string) bool {
	s = unsteered(strings.TrimLeft(s, " \t*_>-[!⚠️"))
	if len(s) >= 400 || len(s) < 6 || strings.HasSuffix(s, "?") {
		return false
	}
	h := hintsOf(s)
	return (bannerPattern.within(h, s) && bannerWords.within(h, s) || bannerAlone[strings.ToLower(strings.Trim(s, "[]*:. "))]) && !clinical(s)
}

// bannerGoesOn is a further line of one.
func bannerGoesOn(s string) bool {
	return len(s) < 400 && bannerWords.MatchString(s) && !strings.HasSuffix(s, "?") && !clinical(s)
}

var bannerAlone = setOf("external|external email|external e-mail|external sender|external message|caution: external email|caution: external sender|warning: external email")
