{{/* The name of every object: the release's, so that two releases are two installations. */}}
{{- define "virt-patch.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* Labels that select the webhook's pods; they never change. */}}
{{- define "virt-patch.selector" -}}
app.kubernetes.io/name: virt-patch
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "virt-patch.labels" -}}
{{ include "virt-patch.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion }}
{{- end }}

{{/* The DNS name under which the API server calls the webhook. */}}
{{- define "virt-patch.host" -}}
{{ include "virt-patch.name" . }}.{{ .Release.Namespace }}.svc
{{- end }}
