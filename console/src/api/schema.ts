/** The hub's interface, made from `openapi.json` by `npm run api`. Do not edit. */
export interface paths {
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who looked at what, the newest first. An auditor's area does not bound it. */
        get: {
            parameters: {
                query?: {
                    case?: string;
                    cursor?: string;
                    file?: string;
                    from?: string;
                    kind?: string;
                    limit?: number;
                    to?: string;
                    who?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AccessPage"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/days": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The newest day first. */
        get: {
            parameters: {
                query?: {
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["DayRoots"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/calibrations/solve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Fits a calibration to points and tells how good it is. Keeps nothing. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SurveyWanted"];
                };
            };
            responses: {
                /** @description the fit, or why there is none */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SolvedView"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All cameras that edges have announced and that see into the area of whoever asks. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CameraList"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{node}/{camera}/dry-run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Tries a pattern on footage of the last hour, or of another interval. No case is opened. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    camera: string;
                    node: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["DryRunWanted"];
                };
            };
            responses: {
                /** @description asked; look it up until it is over */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["DryRunView"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description its node is away */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{node}/{camera}/dry-runs/{request_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far a dry run is, and what it found. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    camera: string;
                    node: string;
                    request_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["DryRunView"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /** Cancels a dry run. One that is over stays as it ended. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    camera: string;
                    node: string;
                    request_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["DryRunView"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{node}/{camera}/pictures/{sha256}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A picture that this camera was asked for. Kept for a day. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    camera: string;
                    node: string;
                    sha256: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description the file */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{node}/{camera}/still": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks the camera's edge for one masked frame of now. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    camera: string;
                    node: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description asked; look it up until it is ready or refused */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StillView"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description its node is away */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{node}/{camera}/stills/{request_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of a still. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    camera: string;
                    node: string;
                    request_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StillView"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Cases, urgent first, then those that are due first. */
        get: {
            parameters: {
                query?: {
                    assignee?: string;
                    camera?: string;
                    cell?: string;
                    cursor?: string;
                    event?: string;
                    limit?: number;
                    source?: string;
                    state?: string[];
                    street?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CasePage"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Cases with the filters of the list, in its order. */
        get: {
            parameters: {
                query?: {
                    camera?: string;
                    cell?: string;
                    event?: string;
                    source?: string;
                    state?: string[];
                    street?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/csv": unknown;
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One case with its evidence, history and verifications; `actions` are those that whoever asks may take. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        ETag?: string;
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CaseDetail"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases/{id}/act": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A person's decision. */
        post: {
            parameters: {
                query?: never;
                header: {
                    "If-Match": string;
                };
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Act"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CaseDetail"];
                    };
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                412: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases/{id}/days": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The days that cover a case, oldest first, with the way from its history to each root. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SealedDays"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases/{id}/feedback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The crew says that it is done. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Feedback"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CaseDetail"];
                    };
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases/{id}/footage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks the edge for masked footage of a case. The same camera and interval again is the same clip. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["FootageWanted"];
                };
            };
            responses: {
                /** @description asked before */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FootageView"];
                    };
                };
                /** @description asked; it is in the case's `footage` */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FootageView"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description no camera, or its node is away */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases/{id}/footage/{request_id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The clip with what is known of it, sealed: a zip. `why` is kept in the access log. */
        get: {
            parameters: {
                query?: {
                    why?: string;
                };
                header?: never;
                path: {
                    id: string;
                    request_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description application/zip */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases/{id}/handling": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What the platform says of a unit's work; a person may say it here too. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Act"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CaseDetail"];
                    };
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases/{id}/near": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Open cases that a person may merge this one into: proposed ones first, then the nearest. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["NearCases"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases/{id}/package": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A zip that proves itself: masked pictures, facts, history, verdicts, signed. `why` is kept in the
         *     access log, for every file in it.
         */
        get: {
            parameters: {
                query?: {
                    why?: string;
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description application/zip */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description the audit chain is broken */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases/{id}/photographs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A photograph of the crew's, to be named by the feedback that follows. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "image/jpeg": number[];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Photograph"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cases/{id}/staff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whom a case may be given to, the nearest first; whoever handled it is not among them. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StaffList"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/complaints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A complaint in. The same number of the same source again gives the same case. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Complaint"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CaseDetail"];
                    };
                };
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CaseDetail"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dataset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One side of the reviewed cases, `train` (if left out) or `val`; split by place. */
        get: {
            parameters: {
                query?: {
                    split?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description a COCO annotation file */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deliveries/{hook}/{message_id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Tries a dead letter again, as long as a new one. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    hook: string;
                    message_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deliveries/dead": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The newest first, 500 at most. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["DeadLetters"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/digest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** As it was first told, byte for byte, whatever becomes of the cases later. For people without bounds. */
        get: {
            parameters: {
                query: {
                    day: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["DigestView"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/evidence/{sha256}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The file, also in parts. `case` and `why` are kept in the access log. */
        get: {
            parameters: {
                query?: {
                    case?: string;
                    why?: string;
                };
                header?: {
                    Range?: string | null;
                };
                path: {
                    sha256: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description the file */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description a part */
                206: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                416: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        /** How much of a file is held. */
        head: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sha256: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Upload-Offset, and Upload-Complete once whole */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description nothing is held */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        /** Appends to a file. Complete and right: `Upload-Complete: true`. */
        patch: {
            parameters: {
                query?: never;
                header: {
                    "Upload-Length": number;
                    "Upload-Offset": number;
                };
                path: {
                    sha256: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Upload-Offset is the new offset */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/feedback.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Feedback of crews, a line each: `case_id,unit,disposed_at[,note]`. Each line is taken or refused by
         *     itself; the answer says which and why.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "text/csv": string;
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/csv": unknown;
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/fleet": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Nodes, by name. Of whoever has an area, those with a camera that sees into it, and those cameras alone. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Fleet"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/grid/{code}/cameras": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Cameras that see a cell, best first; a camera that cannot see now comes last, with the reason. */
        get: {
            parameters: {
                query?: {
                    "3d"?: boolean;
                    height_datum?: string;
                    height_metres?: number;
                };
                header?: never;
                path: {
                    code: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SeeingCameras"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/map": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the map is drawn on. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MapView"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/map/cells": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Open cases by the cell of a level, in the area of whoever asks. */
        get: {
            parameters: {
                query: {
                    /** @description west,south,east,north in degrees */
                    bbox?: string;
                    event?: string;
                    level: number;
                    state?: string[];
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CellCounts"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/map/hotspots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Spots that have had one event three times or more within 30 days (屡治屡返, 顽疾点), by cases of the last
         *     days; the worst first.
         */
        get: {
            parameters: {
                query?: {
                    days?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["HotSpots"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/package-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The public key that this hub signs packages with. It is no secret: anybody may ask. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description a PEM file */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/x-pem-file": unknown;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/photographs/{sha256}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A photograph for the edge that is asked to compare it, while it is asked. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    sha256: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description the file */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scenes/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Checks zones as `gridwarden check` does. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SceneWanted"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SceneChecked"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionView"];
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        /** Sign in with name and password. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SignIn"];
                };
            };
            responses: {
                /** @description signed in; sets the cookie gw_session */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionView"];
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description Retry-After says when */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        /** Sign out. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description signed out */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/oidc": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** To the identity provider. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description to the provider */
                303: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description there is none */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/oidc/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Back from the identity provider. */
        get: {
            parameters: {
                query?: {
                    code?: string;
                    error?: string;
                    state?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description signed in; to the page */
                303: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description not begun in this browser, or the provider's word is not good */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description no role here, or the account is disabled */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description another account has the name */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                502: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** One's own password anew; every other session of the account ends. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewPassword"];
                };
            };
            responses: {
                /** @description signed in anew */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionView"];
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description no password is kept here */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/ways": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How people sign in here. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SignInWays"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/shifts/{shift_id}/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The receiver has read the note. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    shift_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/shifts/handover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Hands what one had to somebody else, with a note. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewHandover"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["HandedOverView"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/shifts/now": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is open on whoever asks. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ShiftView"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/statistics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened to cases in the area of whoever asks. As a sheet: `/api/v1/statistics.csv`, or `Accept: text/csv`. */
        get: {
            parameters: {
                query?: {
                    by?: string;
                    from?: string;
                    to?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StatisticsView"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/statistics.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same as a sheet. */
        get: {
            parameters: {
                query?: {
                    by?: string;
                    from?: string;
                    to?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/csv": unknown;
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Server-sent events `case`, `overdue`, `camera`, and `resync` after some were missed. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description text/event-stream */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/streets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Those that reach into the area of whoever asks, as the hub's file has them. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StreetList"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All accounts, by name. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserList"];
                    };
                };
            };
        };
        put?: never;
        /** A new account. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["UserIn"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserView"];
                    };
                };
                /** @description the name is taken */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** An account changed; a new password or `disabled` ends its sessions. */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    name: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["UserPatch"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UserView"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                /** @description it is one's own, or stands in hub.toml */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process answers. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description alive */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Counters in the Prometheus text format. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description text */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The register can be written. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description ready */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tiles/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A part of the map's file. Its address is that of one state of the file: gone when that has changed. */
        get: {
            parameters: {
                query?: never;
                header?: {
                    Range?: string | null;
                };
                path: {
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/octet-stream": unknown;
                    };
                };
                206: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/octet-stream": unknown;
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
                416: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AccessPage: {
            items: components["schemas"]["AccessView"][];
            next_cursor?: string | null;
        };
        AccessView: {
            at: string;
            case_id?: string | null;
            detail: string;
            entry_id: string;
            /** @description `view`, `playback`, `footage_request`, `export`, `dataset`, `comparison`, `sign_in`, `account` or `handover` */
            kind: string;
            sha256?: string | null;
            unit?: string | null;
            who: string;
            why: string;
        };
        Act: {
            /**
             * @description `confirm`, `reject`, `close`, `rework`, `reopen`, `merge`, `unmerge`, `assign`, `reclassify`, `undo`, `check`,
             *     `uncheck`, or what the platform may do as well: `dispatch`, `return`, `accept`, `suspend`, `resume`, `extend`
             */
            action: string;
            /** @description Of `assign`: the name of one of the grid's staff; left out, the nearest. */
            assignee?: string | null;
            /** @description Of `reclassify`: what it is; one of the `choices` of the action. */
            event_code?: string | null;
            /** @description Of `merge`: the case that goes on for both. */
            into?: string | null;
            /** @description Of `check` and `uncheck`: an item of the closure checklist. */
            item?: string | null;
            note?: string | null;
            reason?: string | null;
            /** @description Of `dispatch`: who is to deal with it. */
            unit?: string | null;
            /** @description Of `suspend`: when it ends by itself. */
            until?: string | null;
        };
        ActionView: {
            action: string;
            /** @description Of `reclassify`: the events that it may be. */
            choices?: components["schemas"]["ChoiceView"][];
            reasons: string[];
            /** @description Of `undo`: it must be taken before. */
            until?: string | null;
        };
        AlarmView: {
            camera: string;
            event_code: string;
            /** Format: int64 */
            false_alarms: number;
            node: string;
            /** Format: double */
            rate: number;
            /**
             * Format: int64
             * @description Confirmed and rejected.
             */
            reviewed: number;
        };
        AssignedView: {
            at: string;
            /**
             * Format: int64
             * @description From the place to the person's area, where it lies outside.
             */
            metres?: number | null;
            /** @description Absent: nobody, so it waits for everybody. */
            to?: string | null;
            /** @description `in_area`, `nearest_area`, `by_person`, `no_staff` or `no_place` */
            why: string;
        };
        CameraAt: {
            /** Format: double */
            height_metres: number;
            /** Format: double */
            lat_deg: number;
            /** Format: double */
            lon_deg: number;
        };
        CameraIdView: {
            id: string;
            node: string;
        };
        CameraList: {
            items: components["schemas"]["CameraView"][];
        };
        /** @description A picture of a camera that is no case's, at `/cameras/{node}/{camera}/pictures/{sha256}`. */
        CameraPictureView: {
            /** @description The whole file is here. */
            available: boolean;
            captured_at: string;
            /** Format: int32 */
            height_px: number;
            sha256: string;
            /** Format: int32 */
            width_px: number;
        };
        CameraView: {
            calibration_id?: string | null;
            /** @description `ok`, `offline`, `frozen`, `black`, `blurred`, `covered`, `moved`, `overexposed`, `rain_on_lens`; `offline` before the first word. */
            condition: string;
            detail?: string | null;
            footprint: string[];
            /** Format: int32 */
            height_px?: number | null;
            id: string;
            node: string;
            note_en?: string | null;
            note_zh?: string | null;
            /** @description The camera's node is connected. */
            online: boolean;
            patterns: Record<string, unknown>[];
            place?: Record<string, unknown> | null;
            recording?: Record<string, unknown> | null;
            /** @description Zones and privacy zones as they are now. */
            scene?: Record<string, unknown> | null;
            since?: string | null;
            /**
             * Format: int32
             * @description The size that pixels of the camera are of: its pipeline's `[frame]`. Absent before its card came.
             */
            width_px?: number | null;
        };
        CaseDetail: components["schemas"]["CaseSummary"] & components["schemas"]["ProgressView"] & components["schemas"]["SightingsView"] & {
            disposed_at?: string | null;
            evidence: components["schemas"]["EvidenceView"][];
            external_no?: string | null;
            /** @description What people asked to see, oldest first. */
            footage: components["schemas"]["FootageView"][];
            history: components["schemas"]["HistoryView"][];
            /** @description Cases that are one thing with this one, with the pictures of their cameras. */
            merged: components["schemas"]["MergedView"][];
            note_en?: string | null;
            note_zh?: string | null;
            /** Format: int64 */
            rework_count: number;
            verifications: components["schemas"]["VerificationView"][];
        };
        CasePage: {
            items: components["schemas"]["CaseSummary"][];
            /** @description Absent on the last page. */
            next_cursor?: string | null;
        };
        CaseSummary: {
            assigned?: components["schemas"]["AssignedView"] | null;
            camera?: components["schemas"]["CameraIdView"] | null;
            case_id: string;
            confirmed_at: string;
            /** Format: int64 */
            count: number;
            /** @description The next deadline of the clocks that run. */
            deadline?: string | null;
            /** Format: double */
            dwell_secs: number;
            event: Record<string, unknown>;
            first_seen_at: string;
            gone_at?: string | null;
            last_seen_at: string;
            /** @description Why no video could decide, while it is with people. */
            manual_reason?: string | null;
            /** @description The case that goes on for this one, while it is `MERGED`. */
            merged_into?: string | null;
            /** @description One of them has run out: a flag, the state does not change by it. */
            overdue: boolean;
            /** @description Absent for a complaint about what video cannot decide. */
            pattern?: Record<string, unknown> | null;
            place?: components["schemas"]["PlaceView"] | null;
            priority: string;
            received_at: string;
            /** Format: double */
            score: number;
            source: string;
            stage: string;
            state: string;
            /** @description A suspicion (疑似): a person decides what it is. */
            suspected: boolean;
            thumbnail?: string | null;
            /** Format: int64 */
            version: number;
            zone?: string | null;
        };
        CellCounts: {
            /** @description The fullest first. */
            items: components["schemas"]["CellView"][];
            /** Format: int32 */
            level: number;
            /** @description There are more cells than these. */
            more: boolean;
        };
        CellView: {
            /** Format: int64 */
            cases: number;
            /** @description Shorter than the level asks for where a place is known less well than that. */
            code: string;
            /** Format: int64 */
            overdue: number;
            /**
             * Format: int64
             * @description Suspicions (疑似) among them.
             */
            suspected: number;
            /** Format: int64 */
            urgent: number;
        };
        /** @description An event of the catalogue. */
        ChoiceView: {
            code: string;
            name_en: string;
            name_zh: string;
        };
        /** @description One run of a clock, spans in seconds. */
        ClockView: {
            /** @description `review`, `dispatch`, `disposal`, `postcheck` or `total` */
            clock: string;
            deadline?: string | null;
            /** Format: int32 */
            extensions: number;
            /**
             * Format: int64
             * @description Without extensions; absent where the city's table has none for this event.
             */
            limit_secs?: number | null;
            /** @description Why there is a limit and no deadline: `no_calendar`, `no_calendar_2027`. */
            no_deadline?: string | null;
            overdue_at?: string | null;
            /** @description `working` (hours of duty) or `continuous`; absent without a limit. */
            pace?: string | null;
            /** Format: int64 */
            paused_secs: number;
            paused_since?: string | null;
            started_at: string;
            stopped_at?: string | null;
        };
        Complaint: {
            /** @description Event code or pattern id; or `text`. */
            event?: string | null;
            external_no: string;
            note?: string | null;
            place: components["schemas"]["ComplaintPlace"];
            reported_at: string;
            source: string;
            text?: string | null;
        };
        /** @description A BeiDou code, or a point and its datum, or a city component. */
        ComplaintPlace: {
            code?: string | null;
            code_3d?: string | null;
            component_id?: string | null;
            /** @description Needed with `lon_deg` and `lat_deg`: `CGCS2000`, `WGS84`, `GCJ02` or `BD09`. */
            datum?: string | null;
            /** @description Needed with `height_metres`: `ellipsoidal`, `egm96` or `const:<N>`. */
            height_datum?: string | null;
            /** Format: double */
            height_metres?: number | null;
            /** Format: double */
            lat_deg?: number | null;
            /** Format: double */
            lon_deg?: number | null;
        };
        DayRoots: {
            items: components["schemas"]["DayRootView"][];
        };
        /** @description One hash over the histories of all cases, as they stood at the end of a local day. */
        DayRootView: {
            /**
             * Format: int64
             * @description Histories that grew since the root before, which the root covers as well.
             */
            chains: number;
            day: string;
            root: string;
            sealed_at: string;
        };
        /** @description A message that was tried for three days in vain. */
        DeadLetter: {
            case_id: string;
            dead_at?: string | null;
            hook: string;
            last_error?: string | null;
            /** @description What would be sent. */
            message: Record<string, unknown>;
            message_id: string;
            /** Format: int32 */
            tries: number;
        };
        DeadLetters: {
            items: components["schemas"]["DeadLetter"][];
        };
        /** @description The figures of one local day that is over, of the whole district. */
        DigestView: {
            cameras: components["schemas"]["FigureItem"][];
            day: string;
            district: string;
            events: components["schemas"]["FigureItem"][];
            hours: components["schemas"]["FigureItem"][];
            totals: components["schemas"]["FiguresView"];
        };
        DryCaseView: {
            confirmed_at: string;
            /** Format: int32 */
            count: number;
            /** Format: double */
            dwell_secs: number;
            first_seen_at: string;
            last_seen_at: string;
            picture?: components["schemas"]["CameraPictureView"] | null;
            /** Format: float */
            score: number;
            zone: string;
        };
        DryRunView: {
            asked_at: string;
            camera: string;
            /** @description Cases that would have been opened. */
            cases: components["schemas"]["DryCaseView"][];
            deadline: string;
            detail?: string | null;
            /**
             * Format: int64
             * @description Frames that were looked at.
             */
            frames: number;
            from: string;
            /**
             * Format: int32
             * @description How many more.
             */
            further_cases: number;
            holes: Record<string, unknown>[];
            node: string;
            /** @description `unknown_camera`, `interval`, `draft`, `nothing_recorded` or `source_failed`. */
            refusal?: string | null;
            request_id: string;
            /**
             * Format: double
             * @description Of the interval, 0 to 1.
             */
            share: number;
            /** @description `asked`, `queued`, `running`; at last `done`, `refused`, `cancelled`, `out_of_time` or `no_answer`. */
            state: string;
            to: string;
        };
        DryRunWanted: {
            /** @description Left out: an hour before `to`. */
            from?: string | null;
            /** @description Fields of the pattern, and `zones`, as in a pipeline's `[[pattern]]`. */
            overrides?: Record<string, unknown>;
            /** @description Of the catalogue. */
            pattern: string;
            /** @description Left out: now. */
            to?: string | null;
            /** @description `[frame]`, `[[zone]]` and `[[privacy]]` of a pipeline; left out: as the camera has them. */
            zones?: string | null;
        };
        EvidenceView: Record<string, unknown> & {
            /** @description Held whole, digest right, heads and plates masked. */
            available: boolean;
        };
        /** @description The input at fault. */
        Fault: {
            allowed: string;
            field: string;
            value: string;
        };
        FaultView: {
            allowed: string;
            /** @description Such as `zone[1].polygon_px`; empty where the text as a whole is wrong. */
            key_path: string;
            line: number;
            value?: string | null;
        };
        Feedback: {
            disposed_at: string;
            note?: string | null;
            /** @description SHA-256 of photographs handed in before. */
            photos?: string[];
            unit: string;
        };
        FigureItem: components["schemas"]["FiguresView"] & {
            /** @description A day, an event's code, `<node>/<camera>` (empty: no camera saw it), or an hour. */
            key: string;
        };
        /** @description Figures with what they come to; a rate is absent where it would be of nothing. */
        FiguresView: Record<string, unknown> & {
            /**
             * Format: double
             * @description 误报率: of what people reviewed.
             */
            false_alarm_rate?: number | null;
            /** Format: double */
            on_time_rate?: number | null;
            /**
             * Format: double
             * @description 人工推翻率: of what video closed.
             */
            overruled_rate?: number | null;
            /** Format: double */
            rework_rate?: number | null;
            /**
             * Format: double
             * @description 无法判定率: of all verdicts.
             */
            undeterminable_rate?: number | null;
        };
        Fleet: {
            items: components["schemas"]["NodeView"][];
        };
        FleetCamera: {
            /** @description Absent: the node has not told it yet. */
            condition?: string | null;
            id: string;
            since?: string | null;
        };
        /**
         * @description How far a request is.
         * @enum {string}
         */
        FootageStatus: "waiting" | "uploading" | "ready" | "refused";
        FootageView: {
            answered_at?: string | null;
            asked_at: string;
            camera: string;
            clip?: components["schemas"]["EvidenceView"] | null;
            clock?: string | null;
            detail?: string | null;
            filmstrip?: components["schemas"]["EvidenceView"] | null;
            from: string;
            /** @description Of most of what is missing. */
            hole?: string | null;
            holes: Record<string, unknown>[];
            node: string;
            /** @description `unknown_camera`, `interval`, `nothing_recorded`, `source_failed`, `not_made` or `no_answer`. */
            refusal?: string | null;
            request_id: string;
            /** @description First to last frame of the clip. */
            shown?: Record<string, unknown> | null;
            status: components["schemas"]["FootageStatus"];
            to: string;
        };
        FootageWanted: {
            /** @description With `node`: one of the cameras that have seen the case. Both left out: its own. */
            camera?: string | null;
            from: string;
            node?: string | null;
            to: string;
        };
        /** @description Borders of cells in the picture. */
        GridView: {
            /**
             * Format: int32
             * @description Coarser than asked for where there would be too many cells.
             */
            level: number;
            lines_px: number[][][];
        };
        HandedOverView: components["schemas"]["HandoverView"] & {
            /** @description Cases that stay: the receiver handled them (four eyes), or they are not with whoever hands over. */
            kept: string[];
        };
        HandoverView: {
            at: string;
            /**
             * Format: int64
             * @description How many cases went with it.
             */
            cases: number;
            from: string;
            note: string;
            /** @description Absent: the receiver has not read it. */
            read_at?: string | null;
            shift_id: string;
            to: string;
        };
        HistoryView: {
            actor: string;
            at: string;
            from?: string | null;
            kind: string;
            note?: string | null;
            reason?: string | null;
            to: string;
        };
        HotSpots: {
            items: components["schemas"]["HotSpotView"][];
        };
        HotSpotView: {
            /**
             * Format: int64
             * @description As many as it had within 30 days, at its worst, and on how many of them.
             */
            cases_30d: number;
            /** @description A cell of level 6. */
            code: string;
            /** Format: int64 */
            days_30d: number;
            event_code: string;
            /** @description 屡治屡返 */
            recurring: boolean;
            /** @description 顽疾点 */
            stubborn: boolean;
        };
        ItemView: {
            done: boolean;
            id: string;
            name_en: string;
            name_zh: string;
            required: boolean;
        };
        /** @description What the map is drawn on; empty: the bare grid. */
        MapView: {
            attribution?: string | null;
            /** @description Address of a PMTiles file, to be read by ranges. It changes with the file. */
            pmtiles?: string | null;
        };
        /** @description A place by `lon` and `lat`, or by a BeiDou code, whose middle it then is; a 3D code tells the height as well. */
        MarkedPoint: {
            code?: string | null;
            code_3d?: string | null;
            /** Format: double */
            height_metres?: number | null;
            /** Format: double */
            lat?: number | null;
            /** Format: double */
            lon?: number | null;
            plane?: string | null;
            /** Format: double */
            u: number;
            /** Format: double */
            v: number;
        };
        /** @description A case that is merged into another, with the pictures of its own cameras. */
        MergedView: components["schemas"]["CaseSummary"] & {
            evidence: components["schemas"]["EvidenceView"][];
        };
        /** @description An open case that may be the same thing. */
        NearCase: components["schemas"]["CaseSummary"] & {
            /**
             * Format: double
             * @description Absent where one of the two has no place.
             */
            metres?: number | null;
            /** @description Its node proposes it as the same thing under another name. */
            proposed: boolean;
        };
        NearCases: {
            items: components["schemas"]["NearCase"][];
        };
        NewHandover: {
            /** @description Left out: all cases that are with whoever hands over. */
            cases?: string[] | null;
            note: string;
            /** @description Who goes on: the name of an open account; of the grid's staff, where cases go with it. */
            to: string;
        };
        NewPassword: {
            new: string;
            old: string;
        };
        NodeView: {
            boot_id: string;
            cameras: components["schemas"]["FleetCamera"][];
            /** @description Its last status or figures. */
            heard_at: string;
            node: string;
            /** @description `online`, `offline` or `stopping` */
            state: string;
            /** @description Its last figures, each minute: `outbox_depth` facts and `uploads_pending` files wait for the hub. */
            stats?: Record<string, unknown> | null;
            version: string;
        };
        Photograph: {
            /** @description To be named in `photos` of the feedback. */
            sha256: string;
        };
        /** @description A photograph is never shown; what it seems to show is. */
        PhotographView: {
            /** @description Cases that were handed the very same photograph. */
            also_in: string[];
            sha256: string;
            /** @description Marked advisory. */
            verdict?: Record<string, unknown> | null;
        };
        PlaceView: Record<string, unknown> & {
            /** @description West, south, east, north in degrees. */
            cell?: number[] | null;
        };
        /** @description RFC 9457. `field`, `value` and `allowed` are there where one input is at fault. */
        Problem: (components["schemas"]["Fault"] | null) & {
            detail: string;
            /** Format: int32 */
            status: number;
            title: string;
            type: string;
        };
        ProgressView: {
            actions: components["schemas"]["ActionView"][];
            checklist: components["schemas"]["ItemView"][];
            /** @description Oldest first; a clock may have run several times. */
            clocks: components["schemas"]["ClockView"][];
            closed_at?: string | null;
            /**
             * Format: int64
             * @description Cases of its event within 50 m in the 30 days before it came, itself among them.
             */
            count_30d: number;
            /**
             * Format: int64
             * @description On how many days they came.
             */
            days_30d: number;
            /** @description The first that it was given to, whoever it was passed on to. */
            first_handler?: string | null;
            /** @description A, B or C. */
            priority_class: string;
            /** @description The last case of its kind that was closed there. */
            recurrence_of?: string | null;
            /** @description `repeated` (屡治屡返) or `stubborn` (顽疾点) */
            recurring?: string | null;
            /** @description It is closed, and its place shows the thing again: a person may `reopen` it. */
            reopen_proposed: boolean;
            /** @description The closed case that this one may show to be not done. */
            reopens?: string | null;
            /**
             * Format: int64
             * @description How often a unit said that it was not its duty; the history says why.
             */
            return_count: number;
            suspended_until?: string | null;
            unit?: string | null;
        };
        /** @description A case that may mean the same thing under another name: a proposal, for a person to decide. */
        ProposalView: {
            case_id: string;
            event: Record<string, unknown>;
            state: string;
        };
        RefusalView: {
            kind: components["schemas"]["UnfitKind"];
            /** @description Which of the points, from 0. */
            point?: number | null;
            reason: string;
        };
        SceneChecked: {
            /** @description All that is wrong; empty: the text may be put into the pipeline. */
            faults: components["schemas"]["FaultView"][];
        };
        SceneWanted: {
            /** @description `[frame]`, `[[zone]]` and `[[privacy]]` of a pipeline. */
            toml: string;
        };
        SealedDays: {
            items: components["schemas"]["SealedDayView"][];
        };
        /** @description A root with the hashes that lead to it from a case. */
        SealedDayView: components["schemas"]["DayRootView"] & {
            inclusion: Record<string, unknown>;
        };
        SeeingCamera: {
            camera: string;
            /** @description It is connected and delivers a picture. */
            can_see: boolean;
            /**
             * Format: double
             * @description 95 % radius of what it locates there; absent where its card does not say.
             */
            error_metres?: number | null;
            /**
             * Format: double
             * @description Ellipsoidal height of the ground that it sees there.
             */
            height_metres?: number | null;
            node: string;
            /** Format: double */
            px_per_metre?: number | null;
            /** @description Why not: `node_away` or the camera's condition. */
            reason?: string | null;
            /**
             * Format: double
             * @description Share of the cell that the camera sees, 0 to 1.
             */
            share: number;
        };
        SeeingCameras: {
            items: components["schemas"]["SeeingCamera"][];
        };
        SessionView: {
            /** @description BeiDou codes that bound what is seen; empty: the whole district. */
            area: string[];
            /** @description To be sent as `X-CSRF-Token` with every changing call. */
            csrf_token: string;
            demo: boolean;
            name: string;
            roles: string[];
            unit?: string | null;
            version: string;
        };
        ShiftView: {
            /** @description With them, what is due first first; 200 at most. */
            assigned: components["schemas"]["CaseSummary"][];
            /** @description When the last handover to or by whoever asks was; 12 hours ago at the earliest. */
            began_at: string;
            /** @description What they did since, by the name of the act. */
            done: Record<string, unknown>;
            /** @description The last handovers to or by them, newest first. */
            handovers: components["schemas"]["HandoverView"][];
            /** @description Cases of their area that wait for a review; 1,000 stands for more. */
            left_over: number;
            /** @description Handed to them and not read yet. */
            unread: components["schemas"]["HandoverView"][];
        };
        SightingsView: {
            /** @description 智慧码 of the asset whose slot the zone is. */
            component_id?: string | null;
            /** @description Who it belongs to. */
            owner?: string | null;
            possibly_same_as: components["schemas"]["ProposalView"][];
            /** @description Empty while one camera alone has seen it. */
            witnesses: components["schemas"]["WitnessView"][];
        };
        SignIn: {
            name: string;
            password: string;
        };
        SignInWays: {
            /** @description `GET /api/v1/session/oidc` begins. */
            oidc: boolean;
            /** @description Accounts with a password of their own; always. */
            password: boolean;
        };
        /** @description What the fit makes of one point. All is absent of a point that had no part in it. */
        SolvedPoint: {
            /** @description Where the fit puts its place in the picture. */
            expected_px?: number[] | null;
            /** Format: double */
            left_out_metres?: number | null;
            /**
             * Format: double
             * @description How well all the others foretell it.
             */
            left_out_px?: number | null;
            /** Format: double */
            residual_metres?: number | null;
            /** Format: double */
            residual_px?: number | null;
        };
        SolvedView: {
            camera?: components["schemas"]["CameraAt"] | null;
            /** @description `rms_px`, `rms_metres`, `plausibility`, `field_of_view_deg`, `k1`, `k2`, as far as the model has them. */
            facts: Record<string, unknown>;
            grid?: components["schemas"]["GridView"] | null;
            /** @description The parts of the picture in which places are told, plane by plane. */
            hulls_px: number[][][];
            /** Format: double */
            left_out_median_metres?: number | null;
            /** Format: double */
            left_out_rms_metres?: number | null;
            /** @description `camera` or `homography`; absent where there is no fit at all. */
            model?: string | null;
            /** @description Of each point, in their order. */
            points: components["schemas"]["SolvedPoint"][];
            /** @description The points as `gridwarden calibrate --points` reads them. */
            points_csv: string;
            refusal?: components["schemas"]["RefusalView"] | null;
            /** @description `calibration/<site>_<camera>.toml`; absent where the fit must not be used. */
            toml?: string | null;
            warnings: string[];
        };
        StaffList: {
            items: components["schemas"]["StaffView"][];
        };
        /** @description One of the grid's staff. */
        StaffView: {
            /** Format: int64 */
            metres?: number | null;
            name: string;
            /**
             * Format: int64
             * @description Other cases that wait for this one.
             */
            waiting: number;
            /** @description `in_area` or `nearest_area`; absent for whoever has no bounds. */
            why?: string | null;
        };
        StatisticsView: {
            by: string;
            /** @description By camera and event, most false alarms first. */
            false_alarms: components["schemas"]["AlarmView"][];
            /** @description Days of China, both in it. */
            from: string;
            /** @description Cases found, by weekday (Monday first) and hour. */
            heat: number[][];
            items: components["schemas"]["FigureItem"][];
            /** @description Where it comes back, the worst first. */
            recurrence: components["schemas"]["HotSpotView"][];
            to: string;
            totals: components["schemas"]["FiguresView"];
        };
        StillView: {
            asked_at: string;
            camera: string;
            deadline: string;
            /** @description Of `blind`: the camera's condition; else words. */
            detail?: string | null;
            node: string;
            picture?: components["schemas"]["CameraPictureView"] | null;
            /** @description `unknown_camera`, `no_frame`, `blind`, `not_made` or `no_answer`. */
            refusal?: string | null;
            request_id: string;
            status: components["schemas"]["FootageStatus"];
        };
        StreetList: {
            items: components["schemas"]["StreetView"][];
        };
        StreetView: {
            /** @description BeiDou codes of the cells that it consists of. */
            cells: string[];
            name: string;
        };
        SurveyWanted: {
            /** Format: double */
            camera_lat?: number | null;
            /**
             * Format: double
             * @description Where the camera is said to stand, in `datum`.
             */
            camera_lon?: number | null;
            /** @description What `lon` and `lat` are in: `CGCS2000` (if left out), `WGS84`, `GCJ02`, `BD09`. */
            datum?: string | null;
            /** Format: double */
            error_max_metres?: number | null;
            /**
             * Format: int32
             * @description Of the cells that are drawn over the picture: 5 to 8; 7 if left out.
             */
            grid_level?: number | null;
            /** Format: double */
            ground_height_metres?: number | null;
            /** @description What heights are in: `ellipsoidal` (if left out), `egm96`, `const:<N>`. */
            height_datum?: string | null;
            /** Format: int32 */
            height_px: number;
            /** @description `auto` (if left out), `camera`, `homography`. */
            model?: string | null;
            /** Format: double */
            pixel_noise_px?: number | null;
            points: components["schemas"]["MarkedPoint"][];
            /** Format: double */
            survey_noise_metres?: number | null;
            /** @description Such as `2026-11-21`; today if left out. */
            surveyed_on?: string | null;
            terrain?: boolean;
            /**
             * Format: int32
             * @description Size of the picture that the pixels refer to.
             */
            width_px: number;
        };
        /**
         * @description What stands against a fit.
         * @enum {string}
         */
        UnfitKind: "too_few_points" | "one_line" | "repeated" | "outlier" | "no_fit" | "bad_fit" | "setting";
        UserIn: {
            /** @description BeiDou codes; empty: the whole district. */
            area?: string[];
            name: string;
            password: string;
            /** @description `viewer`, `grid_staff`, `dispatcher`, `reviewer`, `administrator`, `auditor` */
            roles: string[];
            unit?: string | null;
        };
        UserList: {
            items: components["schemas"]["UserView"][];
        };
        /** @description What is left out stays as it is. */
        UserPatch: {
            area?: string[] | null;
            disabled?: boolean | null;
            password?: string | null;
            roles?: string[] | null;
            /** @description Blank: none. */
            unit?: string | null;
        };
        UserView: {
            area: string[];
            created_at?: string | null;
            disabled: boolean;
            /** @description `register`, `provider` (signs in through OpenID Connect) or `configuration` (stands in hub.toml) */
            kept_in: string;
            name: string;
            roles: string[];
            unit?: string | null;
        };
        VerificationView: {
            camera: string;
            evidence: components["schemas"]["EvidenceView"][];
            from: string;
            kind: string;
            /** @description The crew's photographs that were compared, or are to be. */
            photographs?: components["schemas"]["PhotographView"][];
            request_id: string;
            requested_at: string;
            result_at?: string | null;
            to: string;
            /** Format: int64 */
            try_number: number;
            verdict?: Record<string, unknown> | null;
        };
        /** @description One camera of several that have seen the thing. */
        WitnessView: {
            /** @description Left, top, right, bottom as fractions of this camera's picture. */
            boxes_fraction: number[][];
            camera: string;
            first_seen_at: string;
            /** @description Since when this camera calls it gone. */
            gone_at?: string | null;
            last_seen_at: string;
            place?: components["schemas"]["PlaceView"] | null;
            zone: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type AccessPage = components['schemas']['AccessPage'];
export type AccessView = components['schemas']['AccessView'];
export type Act = components['schemas']['Act'];
export type ActionView = components['schemas']['ActionView'];
export type AlarmView = components['schemas']['AlarmView'];
export type AssignedView = components['schemas']['AssignedView'];
export type CameraAt = components['schemas']['CameraAt'];
export type CameraIdView = components['schemas']['CameraIdView'];
export type CameraList = components['schemas']['CameraList'];
export type CameraPictureView = components['schemas']['CameraPictureView'];
export type CameraView = components['schemas']['CameraView'];
export type CaseDetail = components['schemas']['CaseDetail'];
export type CasePage = components['schemas']['CasePage'];
export type CaseSummary = components['schemas']['CaseSummary'];
export type CellCounts = components['schemas']['CellCounts'];
export type CellView = components['schemas']['CellView'];
export type ChoiceView = components['schemas']['ChoiceView'];
export type ClockView = components['schemas']['ClockView'];
export type Complaint = components['schemas']['Complaint'];
export type ComplaintPlace = components['schemas']['ComplaintPlace'];
export type DayRoots = components['schemas']['DayRoots'];
export type DayRootView = components['schemas']['DayRootView'];
export type DeadLetter = components['schemas']['DeadLetter'];
export type DeadLetters = components['schemas']['DeadLetters'];
export type DigestView = components['schemas']['DigestView'];
export type DryCaseView = components['schemas']['DryCaseView'];
export type DryRunView = components['schemas']['DryRunView'];
export type DryRunWanted = components['schemas']['DryRunWanted'];
export type EvidenceView = components['schemas']['EvidenceView'];
export type Fault = components['schemas']['Fault'];
export type FaultView = components['schemas']['FaultView'];
export type Feedback = components['schemas']['Feedback'];
export type FigureItem = components['schemas']['FigureItem'];
export type FiguresView = components['schemas']['FiguresView'];
export type Fleet = components['schemas']['Fleet'];
export type FleetCamera = components['schemas']['FleetCamera'];
export type FootageStatus = components['schemas']['FootageStatus'];
export type FootageView = components['schemas']['FootageView'];
export type FootageWanted = components['schemas']['FootageWanted'];
export type GridView = components['schemas']['GridView'];
export type HandedOverView = components['schemas']['HandedOverView'];
export type HandoverView = components['schemas']['HandoverView'];
export type HistoryView = components['schemas']['HistoryView'];
export type HotSpots = components['schemas']['HotSpots'];
export type HotSpotView = components['schemas']['HotSpotView'];
export type ItemView = components['schemas']['ItemView'];
export type MapView = components['schemas']['MapView'];
export type MarkedPoint = components['schemas']['MarkedPoint'];
export type MergedView = components['schemas']['MergedView'];
export type NearCase = components['schemas']['NearCase'];
export type NearCases = components['schemas']['NearCases'];
export type NewHandover = components['schemas']['NewHandover'];
export type NewPassword = components['schemas']['NewPassword'];
export type NodeView = components['schemas']['NodeView'];
export type Photograph = components['schemas']['Photograph'];
export type PhotographView = components['schemas']['PhotographView'];
export type PlaceView = components['schemas']['PlaceView'];
export type Problem = components['schemas']['Problem'];
export type ProgressView = components['schemas']['ProgressView'];
export type ProposalView = components['schemas']['ProposalView'];
export type RefusalView = components['schemas']['RefusalView'];
export type SceneChecked = components['schemas']['SceneChecked'];
export type SceneWanted = components['schemas']['SceneWanted'];
export type SealedDays = components['schemas']['SealedDays'];
export type SealedDayView = components['schemas']['SealedDayView'];
export type SeeingCamera = components['schemas']['SeeingCamera'];
export type SeeingCameras = components['schemas']['SeeingCameras'];
export type SessionView = components['schemas']['SessionView'];
export type ShiftView = components['schemas']['ShiftView'];
export type SightingsView = components['schemas']['SightingsView'];
export type SignIn = components['schemas']['SignIn'];
export type SignInWays = components['schemas']['SignInWays'];
export type SolvedPoint = components['schemas']['SolvedPoint'];
export type SolvedView = components['schemas']['SolvedView'];
export type StaffList = components['schemas']['StaffList'];
export type StaffView = components['schemas']['StaffView'];
export type StatisticsView = components['schemas']['StatisticsView'];
export type StillView = components['schemas']['StillView'];
export type StreetList = components['schemas']['StreetList'];
export type StreetView = components['schemas']['StreetView'];
export type SurveyWanted = components['schemas']['SurveyWanted'];
export type UnfitKind = components['schemas']['UnfitKind'];
export type UserIn = components['schemas']['UserIn'];
export type UserList = components['schemas']['UserList'];
export type UserPatch = components['schemas']['UserPatch'];
export type UserView = components['schemas']['UserView'];
export type VerificationView = components['schemas']['VerificationView'];
export type WitnessView = components['schemas']['WitnessView'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
