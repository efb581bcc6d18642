import { CLOUD_CREDENTIALS, defineRoutes, READ_ERRORS } from '../define-routes.ts';
import {
  DatasetParamsSchema,
  DescriptorPageQuerySchema,
  MetricAttributeListSchema,
  MetricAttributesSchema,
  MetricDescriptorListSchema,
  MetricDescriptorQuerySchema,
  MetricExportQuerySchema,
  MetricExportSchema,
  MetricPageQuerySchema,
  MetricQueryAnswerSchema,
  MetricQuerySchema,
  MetricResourceListSchema,
} from './metrics.ts';

const PARAMS = { params: DatasetParamsSchema, errors: READ_ERRORS } as const;
const ASK_ERRORS = [...READ_ERRORS, 413, 415] as const;

/** metrics/v2: what metering knows of clusters, over time. */
export const metricRoutes = defineRoutes(
  {
    api: 'metrics/v2',
    tag: 'Metrics (metrics/v2)',
    dialect: 'metrics',
    credentials: CLOUD_CREDENTIALS,
  },
  {
    listMetricDescriptors: {
      ...PARAMS,
      name: 'listMetricsV2MetricDescriptors',
      summary: 'List the metrics that can be asked for',
      method: 'GET',
      path: '/v2/metrics/{dataset}/descriptors/metrics',
      query: MetricDescriptorQuerySchema,
      response: { status: 200, schema: MetricDescriptorListSchema, location: false },
      permission: 'metric:list',
    },
    listMetricResources: {
      ...PARAMS,
      name: 'listMetricsV2ResourceDescriptors',
      summary: 'List the kinds of resources that metrics are of',
      method: 'GET',
      path: '/v2/metrics/{dataset}/descriptors/resources',
      query: DescriptorPageQuerySchema,
      response: { status: 200, schema: MetricResourceListSchema, location: false },
      permission: 'metric:list',
    },
    queryMetrics: {
      ...PARAMS,
      name: 'queryMetricsV2',
      summary: 'Ask for values of a metric of named clusters over time',
      method: 'POST',
      path: '/v2/metrics/{dataset}/query',
      query: MetricPageQuerySchema,
      body: MetricQuerySchema,
      response: { status: 200, schema: MetricQueryAnswerSchema, location: false },
      permission: 'metric:read',
      errors: ASK_ERRORS,
    },
    listMetricAttributes: {
      ...PARAMS,
      name: 'listMetricsV2Attributes',
      summary: 'List the values that a label of a metric has',
      method: 'POST',
      path: '/v2/metrics/{dataset}/attributes',
      query: MetricPageQuerySchema,
      body: MetricAttributesSchema,
      response: { status: 200, schema: MetricAttributeListSchema, location: false },
      permission: 'metric:read',
      errors: ASK_ERRORS,
    },
    exportMetrics: {
      ...PARAMS,
      name: 'exportMetricsV2',
      summary: 'The newest minute of named clusters for Prometheus',
      method: 'GET',
      path: '/v2/metrics/{dataset}/export',
      query: MetricExportQuerySchema,
      response: {
        status: 200,
        schema: MetricExportSchema,
        location: false,
        contentType: 'text/plain;version=0.0.4',
      },
      permission: 'metric:read',
    },
  },
);
