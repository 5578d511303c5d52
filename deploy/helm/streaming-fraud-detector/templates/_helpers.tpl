{{- define "detector.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "detector.fullname" -}}
{{- $name := include "detector.name" . -}}
{{- $both := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $both .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "detector.serviceAccount" -}}
{{- default (ternary (include "detector.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "detector.image" -}}
{{- with .Values.image -}}
{{- .repository -}}{{- if .digest -}}@{{ .digest }}{{- else -}}:{{ default $.Chart.AppVersion .tag }}{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Selectors never change, and tell the worker's pods from the archive's. Given: root, component. */ -}}
{{- define "detector.selector" -}}
app.kubernetes.io/name: {{ include "detector.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "detector.labels" -}}
{{ include "detector.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: fraud-detection
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- /* The worker's settings: the given ones, and where the rules of one's own are mounted. */ -}}
{{- define "detector.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- if .Values.rules -}}
{{- $given := dig "rules" "dirs" list $config -}}
{{- $config = mergeOverwrite $config (dict "rules" (dict "dirs" (append $given "/etc/detector/rules"))) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{- /* The archive's: only what it needs of the worker's, and its own. */ -}}
{{- define "detector.archiveConfig" -}}
{{- $shared := pick (deepCopy .Values.config) "kafka" "topics" "log" -}}
{{- toYaml (mergeOverwrite $shared .Values.archive.config) -}}
{{- end -}}

{{- /* A name of the settings where it is given, else the program's default. Given: root, section, name, default. */ -}}
{{- define "detector.setting" -}}
{{- dig .section .name .default .root.Values.config -}}
{{- end -}}
