package message

import "regexp"

// All words here are in lower case, with single spaces and straight apostrophes.

// bounceStarts are the sentences after which (or within which) the address stands that failed.
var bounceStarts = []string{
	// qmail, Yahoo
	"deliver your message to the following address", "wasn't able to deliver your message", "was unable to deliver your message", "unable to deliver your message",
	// Exim
	"the following address(es) failed", "could not be delivered to one or more of its recipients", "could not be delivered to all of its recipients",
	"undeliverable to the following",
	// sendmail
	"the following addresses had permanent fatal errors", "the following addresses had permanent delivery errors", "permanent fatal delivery errors",
	"the following addresses had delivery problems", "the following addresses have delivery notifications", "following addresses had errors", "unable to deliver mail to the following recipient",
	"failed addresses follow", "the following address failed", "the following addresses failed", "did not receive your message", "each of the following recipients was rejected", "following recipients were rejected", "undeliverable recipient",
	// Postfix
	"could not be delivered to one or more recipients",
	// Gmail
	"delivery to the following recipient failed", "delivery to the following recipients failed", "wasn't delivered to", "message not delivered", "message blocked",
	"message was blocked by", "delivery incomplete", "your message wasn't delivered", "couldn't be delivered to", "message couldn't be delivered",
	// Exchange, Office 365
	"delivery has failed to these recipients", "the following recipient(s) cannot be reached", "the following recipient(s) could not be reached", "did not reach the following recipient(s)",
	"your message did not reach some or all of the intended recipients", "the following recipients could not be reached", "couldn't be delivered.", "wasn't found at", "your message can't be delivered",
	"your message couldn't be delivered", "delivery failed to these recipients", "the following recipients cannot be reached", "unable to deliver this message because", "undeliverable to",
	// Domino, Notes
	"was not delivered", "could not be delivered to", "failed to deliver to",
	// GroupWise, NetMail, Mercury, IMail, MDaemon, MailEnable, SmarterMail, Kerio, SurgeMail, CommuniGate, Courier, Zimbra
	"the message that you sent was undeliverable to", "delivery of your message failed", "the following recipient(s) were not found", "addresses listed below were not found", "failed address:",
	"failed recipient", "unknown user:", "undeliverable to:", "user mailbox exceeds allowed size", "delivery to these recipients failed", "message could not be delivered to the following recipients",
	"mail could not be delivered", "could not deliver your message", "could not deliver the message", "could not deliver mail", "cannot deliver your message", "cannot deliver the message",
	"can't deliver", "undelivered message", "this message cannot be delivered", "this message could not be delivered", "your message cannot be delivered",
	"your message could not be delivered", "the message could not be delivered", "your mail could not be delivered", "could not be delivered because", "message delivery failed", "message delivery to",
	"failed to deliver", "unable to deliver message to", "unable to deliver the message", "unable to deliver to", "could not send message", "not able to deliver", "has been returned", "is being returned",
	"errors occurred while delivering", "error delivering", "delivery status notification for", "delivery failure for", "returned for the following reason", "was returned to you because",
	"your message was rejected", "your email was rejected", "your message has been rejected", "has been blocked", "was rejected by", "was blocked by", "has not been delivered", "your message was not delivered", "your mail was not delivered",
	"mail delivery failed", "delivery failed", "message undeliverable", "undeliverable message", "undeliverable mail", "mail undeliverable", "recipients of your message",
	// Barracuda, IronPort, Mimecast, Proofpoint, Symantec, MailMarshal, Amazon SES, SendGrid
	"the following message to", "was undeliverable", "an error occurred while trying to deliver", "an error occurred while sending mail", "an error has occurred while attempting to deliver", "this is an email abuse report for an undeliverable",
	"could not be sent to", "mail server has rejected", "the attached message had permanent", "not be delivered to the following", "could not be delivered for", "problem delivering your message", "had a problem delivering",
	"delivery errors were encountered", "were unable to deliver", "was unable to deliver", "are unable to deliver", "is unable to deliver", "will not be delivered", "error occurred while processing your", "refused to accept", "has rejected your", "cannot be delivered to", "can not be delivered", "could not be sent", "couldn't be sent", "not been delivered to", "fatal error",
	// X.400 gateways
	"your message was not delivered because", "this report relates to a message you sent", "non-delivery report", "unable to transfer",
	// German
	"konnte nicht zugestellt werden", "konnten nicht zugestellt werden", "konnte nicht an folgende", "nicht an die folgenden empfänger", "wurde nicht zugestellt", "nicht ausgeliefert werden", "nicht übermittelt werden",
	"fehler bei der nachrichtenzustellung an folgende", "fehler bei der zustellung", "hat einige oder alle empfänger nicht erreicht", "folgende(r) empfänger kann nicht erreicht werden", "folgende(r) empfänger konnte",
	"zustellung an folgende empfänger", "nicht an folgende adresse", "konnte nicht gesendet werden", "nicht zugestellt werden", "wurde abgelehnt", "wurde abgewiesen",
	// French
	"n'a pas pu être remis", "n'a pas pu être délivré", "n'a pas pu être livré", "n'a pas pu être distribué", "échec de la remise", "n'a pas été remis", "n'a pas atteint", "impossible de remettre", "n'est pas parvenu", "n'a pas été distribué", "n'a pas été délivré", "n'a pu être remis", "n'a pu être distribué",
	// Spanish
	"no se pudo entregar", "no se ha podido entregar", "no pudo ser entregado", "no ha podido ser entregado", "error en la entrega a estos destinatarios", "error de entrega", "no se puede entregar", "no fue entregado",
	"no ha llegado a", "no llegó a", "no ha sido entregado", "no pudo entregarse", "no se entregó",
	// Italian
	"non è stato possibile recapitare", "recapito non riuscito", "non è stato recapitato", "impossibile recapitare", "mancato recapito", "non può essere recapitato", "non è stato consegnato",
	// Portuguese
	"falha na entrega", "não pôde ser entregue", "não foi possível entregar", "não pode ser entregue", "não foi entregue", "não foi possível a entrega",
	// Dutch, Danish, Swedish, Norwegian, Finnish
	"kan niet worden bezorgd", "kon niet worden bezorgd", "kon niet worden afgeleverd", "bezorging is mislukt", "kan niet worden afgeleverd", "kunne ikke leveres", "levering til disse modtagere", "kunde inte levereras",
	"gick inte att leverera", "blev ikke leveret", "ble ikke levert", "levererades inte", "kunde ikke leveres", "is niet verzonden", "is niet bezorgd", "niet worden bezorgd", "det gick inte att leverera", "leveringen mislyktes", "kunne ikke leveres til", "toimitus näille vastaanottajille", "ei voitu toimittaa",
	// Polish, Czech, Hungarian, Turkish, Russian
	"nie można dostarczyć", "nie mogła zostać dostarczona", "nie została dostarczona", "dostarczenie wiadomości", "nie powiodło się dostarczenie", "doručení těmto příjemcům", "nebylo možné doručit", "nelze doručit",
	"nem sikerült kézbesíteni", "kézbesítése nem sikerült", "teslim edilemedi", "не удалось доставить", "не удалось выполнить доставку", "не может быть доставлено", "не было доставлено", "не доставлено", "не можем доставить", "не может быть отправлено", "сбой доставки", "ошибка доставки", "отклонено", "sikertelen kézbesítés", "leverans till följande", "dostarczenie do tych", "η παράδοση απέτυχε", "απέτυχε η παράδοση", "παράδοση στους παρακάτω",
	"המסירה נכשלה", "فشل التسليم", "تعذر تسليم",
	// Japanese, Chinese, Korean
	"配信できませんでした", "配信されませんでした", "配達できませんでした", "お届けできませんでした", "送信に失敗", "エラーが発生", "未传递给", "未送达", "无法投递", "への配信に失敗しました", "配信に失敗しました", "送信できませんでした", "届けられませんでした", "传递失败", "向以下收件人", "以下收件人", "無法傳送", "无法传送", "無法傳遞", "投递失败", "无法送达", "退信", "未能送达", "배달하지 못했습니다", "전달되지 않았습니다",
}

// delayStarts are those of a delay.
var delayStarts = []string{
	"has not yet been delivered to", "has not yet been delivered", "delivery to the following recipient has been delayed", "delivery to the following recipients has been delayed", "could not be delivered for the last",
	"could not be delivered for more than", "delivery to these recipients or groups has been delayed", "delivery to these recipients has been delayed", "this is a warning message only", "this is a warning only",
	"will continue to try to deliver", "will keep trying to deliver", "will keep trying", "will continue trying", "will retry for", "will be retried", "delivery attempts will continue", "hasn't been delivered yet",
	"has been delayed", "is delayed", "still undelivered after", "not been delivered yet", "could not send message for past", "will try again", "delivery is being retried", "temporary problem delivering your message",
	"there was a temporary problem", "wird weiterhin versucht", "zustellung verzögert", "zustellung wurde verzögert", "noch nicht zugestellt", "noch nicht ausgeliefert", "a été retardée", "n'a pas encore été remis", "n'a pas encore été distribué",
	"se ha retrasado", "aún no se ha entregado", "è stato ritardato", "non è stato ancora recapitato", "foi atrasada", "ainda não foi entregue", "is vertraagd", "nog niet bezorgd", "ännu inte levererats", "försenad", "er forsinket",
	"er blevet forsinket", "jeszcze nie została dostarczona", "opóźnion", "не было доставлено до сих пор", "задержана", "задерживается", "遅延しています", "已延迟",
}

// finalWords end all trying: with them a "delay" is over.
var finalWords = []string{
	"giving up", "given up", "gave up", "give up on", "has been removed from the queue", "no further attempts", "no further delivery attempts", "will not be retried", "retry timeout exceeded", "retry time not reached",
	"delivery time expired", "message expired", "has expired", "queue too long", "too long in the queue", "is a permanent error", "permanent failure", "permanent fatal", "failed permanently", "could not be delivered within", "is being returned",
	"maximum time", "has been returned to you", "message timed out", "gave up trying", "stopped trying", "unzustellbar", "aufgegeben",
}

// deliveredStarts are those of a success that somebody had asked to be told of.
var deliveredStarts = []string{
	"was delivered to the following recipient", "has been delivered to the following recipient", "was successfully delivered to", "your message has been successfully delivered", "delivery to these recipients or groups is complete",
	"your message was delivered to", "has been successfully relayed", "was relayed to the following",
}

// receiptSubjects begin a read receipt that is no multipart/report.
var receiptSubjects = []string{
	"read:", "not read:", "gelesen:", "nicht gelesen:", "ungelesen gelöscht:", "lu:", "lu :", "non lu", "leído:", "no leído:", "letto:", "lida:", "lido:", "gelezen:", "läst:", "læst:", "lest:", "luettu:", "przeczytane:", "przeczytano:",
	"přečteno:", "elolvasva:", "okundu:", "прочтено:", "прочитано:", "開封済み:", "已读:", "读取:", "읽음:", "return receipt", "read receipt", "read-receipt", "empfangsbestätigung", "lesebestätigung", "accusé de réception", "accusé de lecture",
	"confirmación de lectura", "ricevuta di ritorno", "conferma di lettura", "confirmação de leitura", "leesbevestiging", "message opened", "opened:",
}

// receiptSentences stand in it.
var receiptSentences = []string{
	"was read on", "was read by", "was opened on", "was deleted without being read", "this is a return receipt for", "this is a read receipt for", "only acknowledges that the message was displayed", "has been read by the recipient", "was displayed on", "wurde gelesen", "wurde am", "gelesen am", "wurde geöffnet",
	"ungelesen gelöscht", "a été lu", "a été ouvert", "a été supprimé sans être lu", "se leyó el", "fue leído", "ha sido leído", "è stato letto", "è stata letta", "è stato visualizzato", "foi lida", "foi lido", "is gelezen", "werd gelezen", "lästes", "har lästs", "blev læst", "er læst",
	"ble lest", "luettiin", "on luettu", "została przeczytana", "został przeczytany", "byla přečtena", "elolvasták", "okundu", "было прочитано", "прочитано", "開封されました", "开封", "已被阅读", "阅读时间", "읽었습니다",
}

// daemonNames begin the name of a server in From.
var daemonNames = []string{
	"mail delivery s", "mail delivery a", "mailer-daemon", "mailer daemon", "mail deliver", "mail daemon", "maildelivery", "system administrator", "mail administrator", "internet mail delivery", "mail system", "postmaster",
	"delivery subsystem", "microsoft outlook", "microsoft exchange", "mail server", "mailserver", "the post office", "post office", "bounced mail", "mail router", "systemadministrator", "administrateur système", "administrador del sistema", "amministratore di sistema",
	"mail transport", "email delivery", "notification service",
}

// bounceSubjects begin the subject of a report about a delivery; a person's answer or forward has "Re:" or "Fwd:" before it.
var bounceSubjects = []string{
	"undeliver", "delivery status notification", "returned mail", "returned to sender", "returned email", "return to sender", "mail delivery fail", "mail delivery problem", "mail delivery error", "mail delivery system", "mail failure", "delivery fail", "delivery report",
	"delivery notification", "delivery error", "delivery delayed", "delivery status", "delivery unsuccessful", "failure notice", "failure delivery", "failed delivery", "failed mail", "delivery has failed", "delivery to the following", "mail system error", "mail could not be delivered", "message could not be delivered",
	"message delivery fail", "message delivery", "message not delivered", "message undeliver", "message status - undeliver", "message rejected", "mail rejected", "rejected mail", "rejected:", "non-deliver", "nondeliver", "non delivery", "non-remis", "non remis", "unable to deliver", "unzustellbar", "nicht zugestellt", "nicht zustellbar",
	"unzustellbarkeit", "zustellung fehlgeschlagen", "fehler bei der zustellung", "rückläufer", "fehlgeschlagene zustellung", "delayed mail", "warning: could not send", "warning: message", "warning: mail", "warning - ", "bounce", "bounced", "permanent delivery failure", "user unknown", "mailbox full",
	"notification d'état", "échec de remise", "échec de la remise", "avis de non-remise", "courrier non distribué", "retour de courrier", "no se puede entregar", "no entregado", "no se pudo entregar", "aviso de no entrega", "error de entrega", "correo devuelto", "mensaje devuelto", "notificación de estado", "mancato recapito", "non recapitabile", "impossibile recapitare", "errore di consegna",
	"non è possibile recapitare", "notifica sullo stato", "não entregue", "não é possível entregar", "falha na entrega", "falha de entrega", "impossível entregar", "niet te bezorgen", "onbestelbaar", "niet bezorgd", "kan ikke leveres", "kan ikke afleveres", "ikke leveret", "olevererat", "olevererbart", "kan inte levereras", "oavlevererat", "toimittamaton", "perille toimittamaton", "ei voi toimittaa",
	"nie można dostarczyć", "niedostarcz", "nedoručitelné", "nedoručeno", "kézbesíthetetlen", "teslim edilemedi", "teslim edilemiyor", "не удается доставить", "недоставленное", "недоставлено", "не доставлено", "не удалось доставить", "сообщение не доставлено", "ошибка доставки", "сбой доставки", "sikertelen kézbesítés", "doručení se nezdařilo", "nie dostarczono", "μη παραδοτέο", "לא ניתן למסירה", "تعذر التسليم", "配信不能", "配信できません", "未配信", "エラーメール", "无法投递", "无法送达", "未送达", "未传递", "退信", "系统退信", "傳送失敗", "배달되지 않음", "전달 실패", "message you sent blocked", "postmaster]", "email delivery fail", "email delivery problem", "email could not be delivered", "e-mail could not be delivered",
	"postmaster copy", "postmaster notify", "postmaster warning", "postmaster notification", "your message could not", "your mail could not", "your email could not", "there was an error sending your", "error sending", "error delivering", "error in delivery", "cannot deliver", "could not deliver", "can't deliver", "notice: mail delivery", "problem delivering", "mdaemon notification", "message has been rejected", "email not delivered", "email returned", "mail not delivered", "mail undeliver", "mail returned", "fatal error", "sendmail error", "delivery problem", "lieferfehler", "nicht lieferbar", "zustellfehler", "zustellungsfehler", "sendefehler",
	"nondeliverable mail", "dsn:", "ndr:", "nichtzustellbarkeit", "automatically rejected mail",
}

// delaySubjects stand in the subject of a delay.
var delaySubjects = []string{
	"(delay)", "delayed mail", "delayed:", "delivery delayed", "mail delayed", "message delayed", "could not send message for past", "still being retried", "delivery warning", "temporarily undeliverable", "delayed delivery", "has been delayed", "delivery status notification (delay", "verzögert", "retardée", "retrasad", "ritardat",
	"atrasad", "vertraagd", "försenad", "forsinket",
}

// copyMarks part what the server says from the mail that it gives back: its own dividing line, or the first line of a mail's header.
var copyMarks = regexp.MustCompile(`(?im)^[ \t>|]*(?:[-=*_]{2,} ?(?:below (?:this line|the next line)|(?:this|here|included|enclosed|attached)? ?(?:is|below is|following is)? ?a copy|the body of the message|(?:the )?original (?:message|mail|header)|(?:the )?header of the|your (?:original )?message|message (?:text|body|header)s? ?(?:follows?)?|` +
	`message headers? follow|unsent message(?: below)?|returned (?:message|mail)|included is a copy|forwarded message|start of|ursprüngliche nachricht|original-?nachricht|message d'origine|mensaje original|messaggio originale|mensagem original|undelivered message|the message).*` +
	`|\[?(?:message headers?|message contents?|original message|original headers?|returned message|the original message(?: headers?)?|original message headers?|ursprüngliche nachrichtenkopfzeilen|en-têtes de message d'origine|encabezados de mensajes? originale?s|encabezados originales del mensaje|intestazioni originali del messaggio|cabeçalhos de mensagens? origina(?:l|is)|oorspronkelijke berichtkoppen|below (?:is|follows) (?:a copy of )?(?:the|your) (?:original )?(?:message|mail)|(?:a )?copy of (?:the|your) (?:original )?message)\]?:?[ \t]*(?:follows?)?[.:]?` +
	`|reporting-mta:.*|(?:received|return-path|dkim-signature|mime-version|x-mailer|x-originating-ip):[ \t].*)$`)

// meaning is an enhanced code without its class, with the words that say it clearly.
type meaning struct {
	status    string
	temporary bool // a 4xx reply makes it a temporary one
	words     []string
}

// meanings in the order in which they count: what is said of the mailbox before what is said of the way to it.
var meanings = []meaning{
	{"2.2", true, []string{
		"mailbox full", "mailbox is full", "mailbox too full", "full mailbox", "inbox is full", "inbox full", "over quota", "overquota", "over-quota", "quota exceeded", "quota exceed", "exceeded quota", "exceeds quota", "exceeded his quota", "exceeded their quota", "out of quota", "quota full", "disk quota", "quota has been exceeded", "mail quota",
		"exceeded storage", "exceeded its storage", "exceeded the storage", "storage limit", "exceeds allowed size", "mailbox exceeds", "mailbox size limit", "mailbox has exceeded", "over the maximum allowed size of", "not enough storage", "not enough space", "insufficient disk space", "out of storage", "the email account that you tried to reach is over",
		"maildir over", "mailfolder is full", "mailfolder full", "account is full", "user has too many messages", "over its mail", "maximum mailbox size", "mailbox maximum", "mailbox capacity",
		"postfach ist voll", "postfach voll", "postfach des empfängers ist voll", "speicherplatz überschritten", "quota überschritten", "boîte aux lettres pleine", "boîte de réception pleine", "boîte pleine", "boîte aux lettres est pleine", "boîte de réception du destinataire est pleine", "buzón lleno", "buzón está lleno", "buzón del destinatario está lleno", "bandeja de entrada está llena",
		"casella piena", "casella di posta piena", "casella è piena", "casella postale piena", "caixa cheia", "caixa de correio cheia", "caixa postal cheia", "caixa de entrada está cheia", "postvak vol", "postvak is vol", "postbus is vol", "brevlådan är full", "postboks er full", "postkassen er full", "postilaatikko on täynnä", "skrzynka pełna", "skrzynka jest pełna", "schránka je plná",
		"ящик переполнен", "почтовый ящик переполнен", "メールボックスがいっぱい", "容量を超え", "邮箱已满", "信箱已滿", "邮箱空间不足", "사서함이 꽉"}},
	{"1.1", false, []string{
		"user unknown", "unknown user", "unknown-user", "no such user", "no such a user", "no such recipient", "no such mailbox", "no such address", "no such person", "no such account", "no such local user", "user not found", "user was not found", "user isn't known", "user not known", "not a known user", "user doesn't exist", "user does not exist", "user does not have an account", "no user with that name",
		"unknown recipient", "recipient unknown", "recipient not found", "recipient was not found", "recipient not exists", "recipient does not exist", "recipient doesn't exist", "recipient not exist", "invalid recipient", "invalid user", "invalid mailbox", "unknown local part", "unknown local-part", "unknown address", "address unknown", "addressee unknown", "unknown account", "unknown mailbox", "unknown or illegal alias", "unknown alias",
		"no mailbox here by that name", "no mailbox found", "mailbox not found", "mailbox does not exist", "mailbox doesn't exist", "mailbox not exist", "account does not exist", "account doesn't exist", "account not found", "account that you tried to reach does not exist", "address does not exist", "address doesn't exist", "address not found", "address couldn't be found", "address wasn't found", "email address you entered couldn't be found",
		"not a valid user", "not a valid mailbox", "not a valid recipient", "is not a valid mailbox", "not a local user", "not our customer", "isn't our customer", "no account by that name", "not listed in domino directory", "not listed in public name", "user not listed", "not listed in directory", "isn't in our directory", "this user doesn't have a", "doesn't have an account", "does not have an account", "not known at this", "not known here", "does not like recipient",
		"e-mail account does not exist", "recipientnotfound", "recipnotfound", "adr.recip", "the recipient name is not recognized", "not recognized", "is not a member of this", "nobody by that name", "no longer with", "wasn't found at", "was not found at", "bad destination mailbox", "no such email", "address rejected: undeliverable", "email address could not be found", "email address is not found", "unroutable address for user", "not listed in the", "user is unknown",
		"benutzer unbekannt", "unbekannter benutzer", "empfänger unbekannt", "unbekannter empfänger", "empfänger existiert nicht", "adresse existiert nicht", "adresse nicht gefunden", "postfach existiert nicht", "wurde nicht gefunden", "konnte nicht gefunden werden", "utilisateur inconnu", "destinataire inconnu", "adresse inconnue", "n'existe pas", "adresse introuvable", "est introuvable", "usuario desconocido", "destinatario desconocido",
		"no existe", "no se encontró la dirección", "no se pudo encontrar", "utente sconosciuto", "destinatario sconosciuto", "utente non trovato", "indirizzo non esiste", "non esiste", "usuário desconhecido", "utilizador desconhecido", "não existe", "não foi encontrado", "onbekende gebruiker", "onbekende geadresseerde", "bestaat niet", "kunde inte hittas", "finns inte", "findes ikke", "finnes ikke", "nieznany użytkownik", "nie istnieje", "neznámý uživatel", "neexistuje",
		"пользователь не найден", "нет такого пользователя", "не существует", "не найден", "宛先が見つかりません", "ユーザーが見つかりません", "ユーザが存在しません", "存在しません", "用户不存在", "收件人不存在", "使用者不存在", "존재하지 않"}},
	{"1.0", false, []string{"unrouteable address", "unroutable address"}}, // Exim says so of unknown users and of unknown hosts
	{"2.1", true, []string{
		"mailbox disabled", "mailbox is disabled", "mailbox has been disabled", "account disabled", "account is disabled", "account has been disabled", "account that you tried to reach is disabled", "user disabled", "user is disabled", "account suspended", "account has been suspended", "account is suspended", "mailbox is inactive", "mailbox inactive", "account inactive", "account is inactive", "inactive user", "user is inactive", "account deactivated",
		"has been deactivated", "account is locked", "account is no longer active", "mailbox is no longer active", "no longer in use", "no longer valid", "not accepting messages", "not accepting any mail", "mailbox locked", "mailbox is locked", "account expired", "mailbox temporarily disabled"}},
	{"1.2", true, []string{
		"host unknown", "unknown host", "host not found", "no such host", "no such domain", "unknown domain", "domain not found", "domain unknown", "domain does not exist", "domain doesn't exist", "domain isn't", "couldn't find any host named", "couldn't find any host", "name or service not known", "domain name not found", "nxdomain", "non-existent host", "nonexistent host", "unrouteable mail domain", "unrouteable domain",
		"unresolvable", "cannot resolve", "could not be resolved", "unable to resolve", "invalid domain", "bad destination system", "no mx record", "no mx host", "no valid mail exchanger", "no mail exchanger", "illegal host/domain", "domain couldn't be found", "domain could not be found", "dns error", "dns lookup failed", "cannot find mail server", "no route found to domain", "no matches to nameserver query", "isn't a valid domain", "not listed in dns"}},
	{"3.4", false, []string{
		"message too large", "message is too large", "message too big", "message is too big", "mail too large", "mail too big", "message size exceeds", "size exceeds", "exceeds the maximum message size", "exceeds maximum message size", "message exceeds", "maximum message size", "message size limit", "exceeds size limit", "exceeds fixed", "larger than the current system limit", "is larger than", "too large to", "nachricht ist zu groß", "nachricht zu groß", "mail ist zu groß",
		"message trop volumineux", "message est trop volumineux", "mensaje demasiado grande", "demasiado grande", "messaggio troppo grande", "troppo grande", "mensagem muito grande", "muito grande", "bericht is te groot"}},
	{"4.6", false, []string{"too many hops", "hop count", "mail loop", "mail forwarding loop", "loops back to", "routing loop", "loop detected", "message looping", "mail is looping", "too many received"}},
	{"7.1", false, []string{
		"relaying denied", "relay denied", "relay access denied", "relay not permitted", "relaying not permitted", "relaying not allowed", "relaying prohibited", "relaying is prohibited", "unable to relay", "not permitted to relay", "not allowed to relay", "relay access", "cannot relay", "we do not relay", "we don't relay", "unauthorized relay", "delivery not authorized", "not authorized to send", "not permitted to send", "isn't allowed to send", "don't have permission to send", "only accepts messages from",
		"sender denied", "access denied", "message refused", "considered spam", "as spam", "is spam", "spam message", "spam content", "spam detected", "spam rejected", "looks like spam", "like spam", "suspected spam", "spam score", "unsolicited", "blacklist", "black list", "black-list", "blocklist", "block list", "blocked using", "listed in", "listed by", "listed at", "rbl", "spamhaus", "spamcop", "dmarc", "spf check failed", "policy", "content rejected", "message content", "virus", "poor reputation", "bad reputation", "blocked by",
		"administrative prohibition", "administratively", "banned", "prohibited"}},
	{"4.7", false, []string{"retry timeout exceeded", "retry time not reached", "delivery time expired", "message expired", "in the queue too long", "queue too long", "been on the queue too long", "has expired", "could not be delivered within", "message timed out", "for too long", "maximum time in queue", "queue lifetime"}},
	{"4.1", true, []string{"connection refused", "connection timed out", "connection timeout", "connect timed out", "no route to host", "host is down", "host unreachable", "network is unreachable", "could not connect", "couldn't connect", "unable to connect", "cannot connect", "wasn't able to establish an smtp connection", "not able to establish an smtp connection", "no answer from host", "operation timed out", "timed out", "did not respond", "not responding"}},
}
